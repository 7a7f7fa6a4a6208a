"""Methods about the app itself: who it is and where its WebSocket opens."""

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.method import Caller, Method, Token
from tests.servers.slack.world import Json


def _auth_test(caller: Caller, _arguments: Arguments) -> Json:
    team = caller.team
    return {
        "url": f"https://{team.name.lower()}.slack.com/",
        "team": team.name,
        "user": team.bot.name,
        "team_id": team.id,
        "user_id": team.bot.id,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def _open_connection(caller: Caller, _arguments: Arguments) -> Json:
    slack = caller.slack
    address = slack.url.removeprefix("http")
    return {"url": f"ws{address}/link?ticket={slack.sockets.issue_ticket()}&app_id={slack.world.app_id}"}


METHODS = {
    "apps.connections.open": Method(_open_connection, token=Token.APP),
    "auth.test": Method(_auth_test),
}
