"""The JSON of what people do to the app: commands, buttons, shortcuts, views. Pure functions."""

from tests.servers.slack.screen import Button
from tests.servers.slack.shapes import person_json, team_json
from tests.servers.slack.world import Channel, Json, Team, User


def common(kind: str, app_id: str, user: User, team: Team, trigger_id: str) -> Json:
    """Return what all interactive payloads begin with."""
    return {
        "type": kind,
        "user": person_json(user),
        "api_app_id": app_id,
        "token": "legacy",
        "trigger_id": trigger_id,
        "team": team_json(team),
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action_json(button: Button, ts: str) -> Json:
    """Return the entry of `actions` for a press."""
    entry: Json = {"type": button.kind, "action_id": button.action_id, "block_id": button.block_id, "action_ts": ts}
    if button.kind != "feedback_buttons":
        entry["text"] = {"type": "plain_text", "text": button.text, "emoji": True}
    if button.value:
        entry["value"] = button.value
    return entry


def place_json(channel: Channel) -> Json:
    """Return the channel object of actions."""
    return {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name}


def command_fields(
    command: str,
    text: str,
    *,
    app_id: str,
    user: User,
    team: Team,
    channel: Channel,
    trigger_id: str,
    response_url: str,
) -> Json:
    """Return the form fields of a slash command."""
    return {
        "token": "legacy",
        "team_id": team.id,
        "team_domain": team.name.lower(),
        "channel_id": channel.id,
        "channel_name": place_json(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }
