"""Who is who: users, user groups, bots, teams, and installing the app into them."""

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.method import Caller, Method, Token
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Json


def _user(caller: Caller, arguments: Arguments) -> Json:
    user = caller.slack.world.users.get(arguments.need("user", "user_not_found"))
    if user is None or user.team != caller.team.id:
        raise Refused("user_not_found")
    return {"user": user.as_json()}


def _bot(caller: Caller, arguments: Arguments) -> Json:
    team = caller.team
    if arguments.text("bot") != team.bot_id:
        raise Refused("bot_not_found")
    shape = {"id": team.bot_id, "deleted": False, "name": team.bot.name, "app_id": caller.slack.world.app_id}
    return {"bot": shape | {"user_id": team.bot.id, "updated": 0, "icons": {}}}


def _team(caller: Caller, _arguments: Arguments) -> Json:
    name = caller.team.name
    return {"team": {"id": caller.team.id, "name": name, "domain": name.lower(), "icon": {}}}


def _group_members(caller: Caller, arguments: Arguments) -> Json:
    group = caller.team.groups.get(arguments.text("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": sorted(group)}


def _install(caller: Caller, arguments: Arguments) -> Json:
    slack = caller.slack
    if arguments.text("client_id") not in {"", slack.client_id} or arguments.text("client_secret") not in {
        "",
        slack.client_secret,
    }:
        raise Refused("bad_client_secret")
    granted = slack.codes.pop(arguments.text("code"), None)
    if granted is None:
        raise Refused("invalid_code")
    team, user = granted
    team.is_installed = True
    return {
        "access_token": team.bot_token,
        "token_type": "bot",
        "scope": ",".join(sorted(team.scopes)),
        "bot_user_id": team.bot.id,
        "app_id": slack.world.app_id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": user},
    }


_READ_USERS = frozenset({"users:read"})
METHODS = {
    "bots.info": Method(_bot, _READ_USERS),
    "oauth.v2.access": Method(_install, token=Token.NONE),
    "team.info": Method(_team, frozenset({"team:read"})),
    "usergroups.users.list": Method(_group_members, frozenset({"usergroups:read"})),
    "users.info": Method(_user, _READ_USERS),
}
