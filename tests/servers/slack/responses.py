"""response_url and the payloads of acknowledgements: messages that answer a command or an action."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.blocks import check_blocks, with_ids
from tests.servers.slack.core import Call, Notice, Slack
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Ephemeral, Json, Message, Team

MAX_USES = 5
LIFE_SECONDS = 30 * 60


@dataclass(slots=True)
class Opening:
    """Where the answers to one action go. `original` is the message that was acted upon, or the last answer."""

    team: Team
    channel: str
    user: str
    expires_at: float
    original: Message | Ephemeral | None = None
    uses: int = 0


class Responses:
    """The response_urls that were handed out."""

    def __init__(self, slack: Slack, root: Callable[[], str]) -> None:
        self.openings: list[Opening] = []
        self._slack = slack
        self._root = root

    def open(
        self, team: Team, channel: str, user: str, original: Message | Ephemeral | None = None
    ) -> tuple[str, Opening]:
        """Return a new URL and what stands behind it."""
        opening = Opening(team, channel, user, self._slack.clock() + LIFE_SECONDS, original)
        self.openings.append(opening)
        return f"{self._root()}/respond/{len(self.openings) - 1}", opening

    async def serve(self, request: web.Request) -> web.Response:
        """Take one POST to a response_url."""
        opening = self.openings[int(request.match_info["number"])]
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        call = Call("response_url", body or {}, opening.team.id, self._slack.clock())
        self._slack.calls.append(call)
        try:
            self._admit(opening)
            if not isinstance(body, dict):
                raise Refused("invalid_payload")
            self.answer(opening, body, call.method)
        except Refused as refused:
            call.outcome = refused.error
            status = 404 if refused.error in {"used_url", "expired_url"} else 400
            return web.json_response({"ok": False, "error": refused.error}, status=status)
        finally:
            self._slack.changed()
        call.outcome = "ok"
        return web.Response(text="ok", content_type="text/plain")

    def answer(self, opening: Opening, body: Json, method: str) -> None:
        """Do what a payload asks for: replace, delete, or show a new message."""
        arguments = Arguments(body)
        if arguments.flag("delete_original"):
            self._delete(opening)
            return
        text, blocks = arguments.text("text"), arguments.objects("blocks", "invalid_blocks")
        if not text and not blocks:
            raise Refused("no_text")
        check_blocks(blocks)
        blocks = with_ids(blocks)
        if arguments.flag("replace_original") and opening.original is not None:
            self._replace(opening, text, blocks, method)
        elif arguments.text("response_type") == "in_channel":
            self._post(opening, arguments, text, blocks, method)
        else:
            thread = arguments.text("thread_ts") or _thread_of(opening.original)
            opening.original = Ephemeral(self._slack.world.ts(), opening.channel, opening.user, text, blocks, thread)
            self._slack.show_only_to(opening.original, opening.team)

    def _admit(self, opening: Opening) -> None:
        if opening.uses >= MAX_USES:
            raise Refused("used_url")
        if self._slack.clock() > opening.expires_at:
            raise Refused("expired_url")
        opening.uses += 1

    def _post(self, opening: Opening, arguments: Arguments, text: str, blocks: list[Json], method: str) -> None:
        slack, team = self._slack, opening.team
        message = Message(slack.world.ts(), opening.channel, team.bot.id, text, blocks)
        message.thread_ts = arguments.text("thread_ts")
        message.bot_id, message.app_id = team.bot_id, slack.world.app_id
        slack.notices.append(Notice(method, message.channel, message.ts, text, blocks))
        opening.original = slack.post(message)

    def _replace(self, opening: Opening, text: str, blocks: list[Json], method: str) -> None:
        original = opening.original
        if isinstance(original, Message):
            self._slack.edit(original, text, blocks)
            self._slack.notices.append(Notice(method, original.channel, original.ts, text, blocks))
        elif original is not None:
            original.text, original.blocks = text, blocks

    def _delete(self, opening: Opening) -> None:
        original = opening.original
        if isinstance(original, Message):
            self._slack.delete(original)
        elif original in opening.team.ephemerals:
            opening.team.ephemerals.remove(original)
        opening.original = None


def _thread_of(original: Message | Ephemeral | None) -> str:
    return original.thread_ts if original else ""
