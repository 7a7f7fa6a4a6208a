"""What Slack's refusals at the start mean for the operator: one line that names the setting. Pure."""

from dataclasses import dataclass

from slack_sdk.errors import SlackApiError

from adapters.errors import StartRefused
from adapters.slack.payloads import word

_UNUSABLE = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "user_removed"}
)
_OTHER_KIND = frozenset({"not_allowed_token_type"})
_FORBIDDEN = frozenset({"missing_scope", "no_permission", "not_allowed"})
_SWITCHED_OFF = frozenset({"socket_mode_not_enabled", "invalid_app", "app_not_found"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its operator knows it. `begins` tells its kind, `needs` the scope without which it is of no use."""

    setting: str
    begins: str
    needs: str
    made_at: str


BOT_TOKEN = Token("SLACK_BOT_TOKEN", "xoxb-", "chat:write", "OAuth & Permissions")
APP_TOKEN = Token("SLACK_APP_TOKEN", "xapp-", "connections:write", "Basic Information > App-Level Tokens")


def check_token(token: Token, value: str) -> None:
    """Raise StartRefused when a token is missing."""
    if not value:
        raise StartRefused(f"{token.setting} is not set. {where_to_find(token)}")


def check_scopes(token: Token, granted: str) -> None:
    """Raise StartRefused when the scope is missing that all the rest needs; `granted` is X-OAuth-Scopes, or empty."""
    if granted and token.needs not in {scope.strip() for scope in granted.split(",")}:
        raise _lacks(token, token.needs)


def refusal_of(token: Token, error: SlackApiError) -> StartRefused | None:
    """Return why only the operator can go on, or None when trying again may help."""
    # A response that the SDK couldn't read is passed on as it came.
    data = getattr(error.response, "data", None)
    code = word(data, "error")
    if code in _UNUSABLE:
        return StartRefused(f"Slack does not accept {token.setting} ({code}). {where_to_find(token)}")
    if code in _OTHER_KIND:
        return StartRefused(f"{token.setting} holds a token of another kind ({code}). {where_to_find(token)}")
    if code in _FORBIDDEN:
        return _lacks(token, word(data, "needed") or token.needs)
    if code in _SWITCHED_OFF:
        return StartRefused(f"Slack refuses Socket Mode to the app of {token.setting} ({code}). Enable it in the app.")
    return None


def _lacks(token: Token, scope: str) -> StartRefused:
    return StartRefused(f"The token in {token.setting} lacks the scope {scope}. Add it to the app and reinstall it.")


def where_to_find(token: Token) -> str:
    """Return where the operator copies a token from."""
    return f"Copy the token that begins with {token.begins} from {token.made_at} at https://api.slack.com/apps"
