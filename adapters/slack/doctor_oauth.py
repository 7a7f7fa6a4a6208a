"""What the doctor looks at where workspaces install the app themselves: client, key, installations and way in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.desk import Finding
from adapters.errors import StartRefused
from adapters.slack.http import HEALTH_PATH, HttpSettings
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH
from adapters.slack.payloads import word
from adapters.slack.sealing import Seal, Unopenable
from adapters.slack.settings import SlackSettings

_NETWORK = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOK_SECONDS = 10.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - nothing is bound here: where to find who is
_CLIENT_ADVICE = "Copy SLACK_CLIENT_ID and SLACK_CLIENT_SECRET from Basic Information, both of the same app."


@dataclass(frozen=True, slots=True)
class Installing:
    """What installing takes. `engine` reads the database of installations; None as long as there is none."""

    engine: AsyncEngine | None
    http: HttpSettings
    secret_key: str = field(default="", repr=False)


async def examine_oauth(
    settings: SlackSettings, installing: Installing, client: AsyncWebClient
) -> AsyncIterator[Finding]:
    """Yield what is found. Nothing is changed: neither the database, nor what an older key had sealed."""
    if settings.client_secret:
        yield await _look_at_client(settings, client)
    try:
        seal = Seal(installing.secret_key)
    except StartRefused as error:
        detail = "FIRSTLINE_SECRET_KEY can't be used" if installing.secret_key else "FIRSTLINE_SECRET_KEY is not set"
        yield Finding("secret key", is_fine=False, detail=detail, advice=str(error))
    else:
        detail = "several: the first seals, and each opens" if seal.is_changing else "it seals and opens tokens"
        yield Finding("secret key", is_fine=True, detail=detail)
        yield await _look_at_installations(settings, installing, seal)
    yield await _look_at_address(installing.http)


async def _look_at_client(settings: SlackSettings, client: AsyncWebClient) -> Finding:
    """Ask for the token of a code that doesn't exist: Slack tells whether the client does."""
    what, code = "OAuth client", ""
    asked = {"client_id": settings.client_id, "client_secret": settings.client_secret, "code": "doctor"}
    try:
        await client.api_call("oauth.v2.access", data=asked)
    except SlackApiError as error:
        code = word(getattr(error.response, "data", None), "error")
    except _NETWORK as error:
        advice = "Slack could not be reached: look at the network, at a proxy, and at SLACK_API_URL."
        return Finding(what, is_fine=False, detail=type(error).__name__, advice=advice)
    if code in {"invalid_client_id", "bad_client_secret"}:
        return Finding(what, is_fine=False, detail=code, advice=_CLIENT_ADVICE)
    return Finding(what, is_fine=True, detail="Slack knows it" if code == "invalid_code" else "Slack didn't refuse it")


async def _look_at_installations(settings: SlackSettings, installing: Installing, seal: Seal) -> Finding:
    what, page = "installations", f"{_base_of(installing.http)}{INSTALL_PATH}"
    if installing.engine is None:
        return Finding(what, is_fine=True, detail=f"none yet: run Firstline and open {page}")
    try:
        sealed = await _read_latest(installing.engine, settings.client_id)
    except SQLAlchemyError as error:
        advice = "Put slack_installations.db back from a backup, or move it away and install the app again."
        return Finding(what, is_fine=False, detail=f"unreadable: {type(error).__name__}", advice=advice)
    locked = [team for team, token in sealed.items() if not _opens(seal, token)]
    if locked:
        detail = f"{len(locked)} of {len(sealed)} can't be opened with FIRSTLINE_SECRET_KEY: {', '.join(locked[:10])}"
        advice = "Put the key that they were made with behind the new one, after a comma."
        return Finding(what, is_fine=False, detail=detail, advice=advice)
    return Finding(what, is_fine=True, detail=f"{len(sealed)}; their tokens can be opened. More at {page}")


async def _read_latest(engine: AsyncEngine, client_id: str) -> dict[str, str]:
    """Return the sealed token of each workspace that has one, by its id."""
    bots = AsyncSQLAlchemyInstallationStore(client_id, engine).bots
    column = bots.c
    latest = (
        sa.select(column.team_id, column.bot_token)
        .where(column.client_id == client_id, column.bot_token.is_not(None))
        .order_by(column.installed_at, column.id)
    )
    async with engine.connect() as connection:
        return {str(row.team_id): str(row.bot_token) for row in await connection.execute(latest)}


def _opens(seal: Seal, sealed: str) -> bool:
    try:
        seal.open(sealed)
    except Unopenable:
        return False
    return True


async def _look_at_address(http: HttpSettings) -> Finding:
    """Look whether the way on which people come back from Slack ends here."""
    what, redirect = "redirect URL", f"{_base_of(http)}{REDIRECT_PATH}"
    if not http.public_url:
        advice = "Set FIRSTLINE_PUBLIC_URL to how the world reaches Firstline: https://support.example.com"
        return Finding(what, is_fine=False, detail="FIRSTLINE_PUBLIC_URL is not set", advice=advice)
    parts = urlsplit(http.public_url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        advice = "Slack takes https:// alone: put a proxy with a certificate before Firstline."
        return Finding(what, is_fine=False, detail=f"{redirect} has no https", advice=advice)
    ours = f"http://{_ANY_ADDRESS.get(http.host, http.host)}:{http.port}{http.path_prefix}{HEALTH_PATH}"
    if not await _is_healthy(ours):
        detail = f"{redirect}, not tried, as Firstline doesn't run here; it must be in the app's manifest"
        return Finding(what, is_fine=True, detail=detail)
    if not await _is_healthy(f"{_base_of(http)}{HEALTH_PATH}"):
        advice = f"Firstline runs: let the proxy pass {_base_of(http)} on to {http.host}:{http.port}."
        return Finding(what, is_fine=False, detail=f"{redirect} doesn't lead to Firstline", advice=advice)
    return Finding(what, is_fine=True, detail=f"{redirect} leads here; it must be in the app's manifest")


def _base_of(http: HttpSettings) -> str:
    return f"{http.public_url}{http.path_prefix}"


async def _is_healthy(url: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=_LOOK_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session, session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
