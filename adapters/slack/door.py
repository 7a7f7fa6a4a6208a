"""The two calls that let us into one workspace: who we are there, and where its events come out."""

import logging

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.errors import RateLimited, RetryLater, Unreachable
from adapters.limits import Scope
from adapters.slack.errors import MEANINGS, translate_exception
from adapters.slack.refusals import APP_TOKEN, BOT_TOKEN, Token, check_scopes, check_token, refusal_of
from adapters.slack.scopes import find_missing
from adapters.slack.settings import SlackSettings

_log = logging.getLogger(__name__)


class Door:
    """Open a workspace with the operator's two tokens: one attempt each call, and the caller tries again."""

    def __init__(self, settings: SlackSettings, client: AsyncWebClient) -> None:
        self._bot_token = settings.bot_token
        self._app_token = settings.app_token
        self._client = client
        self._identity: AuthorizeResult | None = None

    @property
    def identity(self) -> AuthorizeResult:
        """Who we are; known once a socket's address is."""
        assert self._identity is not None
        return self._identity

    async def open_url(self) -> str:
        """Return the address of a new socket. Raises RetryLater, or StartRefused when only the operator can help."""
        check_token(BOT_TOKEN, self._bot_token)
        check_token(APP_TOKEN, self._app_token)
        await self.introduce()
        answer = await self._call("apps.connections.open", APP_TOKEN, self._app_token)
        return str(answer["url"])

    async def introduce(self) -> AuthorizeResult:
        """Return who we are, which Slack is asked once. Raises RetryLater, or StartRefused."""
        check_token(BOT_TOKEN, self._bot_token)
        self._identity = self._identity or await self._introduce()
        return self._identity

    async def _introduce(self) -> AuthorizeResult:
        answer = await self._call("auth.test", BOT_TOKEN, self._bot_token)
        granted = str(answer.headers.get("X-OAuth-Scopes", ""))
        check_scopes(BOT_TOKEN, granted)
        if granted and (missing := find_missing(granted)):
            _log.warning(
                "%s lacks %s, so that some things fail: paste manifest.yml into App Manifest and reinstall the app",
                BOT_TOKEN.setting,
                ", ".join(scope.name for scope in missing),
            )
        return AuthorizeResult(
            enterprise_id=answer.get("enterprise_id"),
            team_id=answer.get("team_id"),
            bot_user_id=answer.get("user_id"),
            bot_id=answer.get("bot_id"),
            bot_token=self._bot_token,
        )

    async def _call(self, method: str, token: Token, value: str) -> AsyncSlackResponse:
        try:
            return await self._client.api_call(method, headers={"Authorization": f"Bearer {value}"})
        except SlackApiError as error:
            raise refusal_of(token, error) or _read(method, error) from None
        except tuple(MEANINGS) as error:
            raise _read(method, error) from error


def _read(method: str, error: BaseException) -> RetryLater:
    """Return a failure as one that may pass: what lasts is told by Slack's own codes, never by a proxy's status."""
    meaning = translate_exception(error, scope=Scope.BOT)
    return meaning if isinstance(meaning, RateLimited) else Unreachable(f"{method}: {meaning}")
