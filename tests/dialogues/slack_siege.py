"""Nonsense through the socket of the real `firstline run`, while people go on asking it.

What must hold in the end: the program lives, each question of theirs has one answer, whatever has an id was received,
nobody was notified who didn't ask, and the log holds neither a trace of a failure nor a word that anybody said.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.dialogues.slack_crowd import PATIENCE, Crowd, answer_with_its_mark
from tests.dialogues.slack_nonsense import HOSTILE_TEXTS, SECRET, VICTIM, Frame, Nonsense
from tests.fakes.hostile_texts import write_hostile
from tests.programs.serving import Firstline, index, open_firstline
from tests.servers.model_server import Behaviour, Messages, text_of
from tests.servers.openai_server import OpenAIServer
from tests.servers.slack.screen import pinged_by
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, User

_UNDER_WAY = 64
"""Envelopes that may wait for their acknowledgement at any time."""
_FRESH = 30
"""Of so many frames, one is a question with hostile words that the bot does answer."""
_NOWHERE = re.compile(r"could not be (delivered|posted): (MessageGone|NotPermitted)$")
_GROUNDED = "Refunds are paid to the original payment method within 5-10 business days of approval"


def answer_or_echo(messages: Messages) -> str:
    """Answer a marked question with its mark, and say after anybody else what they said, as a weak model would."""
    said = "\n".join(text_of(each) for each in messages)
    if SECRET not in said:
        return answer_with_its_mark(messages)
    return f"{_GROUNDED} {text_of(messages[-1])[-600:]} {_GROUNDED}. [1]"


@dataclass(slots=True)
class Verdict:
    """What came of a siege; everything but the figures is empty when all is well."""

    frames: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    answered: int = 0
    acknowledged: int = 0
    hostile_answers: int = 0
    reconnected: int = 0
    log: Counter[str] = field(default_factory=Counter)
    """How many lines of each level and logger."""
    exit_code: int | None = None
    memory_mib: tuple[float, float] = (0.0, 0.0)
    faults: list[str] = field(default_factory=list)


class Siege:
    """One bot, people who ask it, and somebody who holds Slack's end of the socket and means ill."""

    def __init__(self, slack: SlackServer, bot: Firstline, rng: random.Random) -> None:
        self._slack = slack
        self._bot = bot
        self._rng = rng
        self._crowd = Crowd(slack, rng)
        self._mallories = [slack.add_user(f"mallory-{number}") for number in range(3)]
        self._rooms = [slack.add_channel(f"den-{number}", *self._mallories) for number in range(12)]
        self._pending: dict[str, Frame] = {}
        self.verdict = Verdict()

    async def hold(self, frames: int, questions: int) -> Verdict:
        """Send so many frames while so many questions are asked, and say what came of it."""
        before = _memory_mib(self._bot)
        nonsense = Nonsense(await self._rehearse(), self._rng)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._crowd.ask(questions, at_once=6))
                tasks.create_task(self._send(list(nonsense.frames(frames)), questions))
        except* TimeoutError as late:
            self.verdict.faults += [str(error) for error in late.exceptions]
        self.verdict.memory_mib = (before, _memory_mib(self._bot))
        await self._judge()
        return self.verdict

    async def _rehearse(self) -> Sequence[tuple[str, dict[str, object]]]:
        """Do once all that people can do, and return what Slack told the app of it."""
        slack, (mallory, other, _), (den, lair, *_) = self._slack, self._mallories, self._rooms
        words = HOSTILE_TEXTS[0]
        thread = await slack.mentions(mallory, den, words)
        await self._is_answered(den, thread)
        (answer, *_) = slack.replies(den, thread)
        for action in ("firstline_helpful", "firstline_unhelpful", "firstline_person"):
            await slack.presses(mallory, answer, action)
        await slack.says(other, den, words, thread_ts=thread)
        for text in (words, "help", "human", "new", "stop", "mute", "unmute", "resume"):
            await slack.commands(mallory, lair, "/support", text)
        private = await slack.says(mallory, slack.dm(mallory), words)
        await slack.shortcut(other, "firstline_ask", slack.messages(den)[0])
        for tab in ("home", "messages"):
            await slack.opens_home(mallory, tab)
        changing = await slack.mentions(other, lair, words)
        await slack.edits(lair, changing, words + " and when?")
        await slack.reacts(other, lair, changing, "x")
        await slack.stops_session(mallory, slack.dm(mallory), private)
        await slack.deletes(lair, changing)
        await self._is_received()
        return [(each.kind, each.payload) for each in slack.deliveries.all]

    async def _is_answered(self, room: Channel, thread: str) -> None:
        await self._slack.until(
            lambda: any("firstline_helpful" in str(each.blocks) for each in room.replies(thread)), timeout=PATIENCE
        )

    async def _is_received(self) -> None:
        await self._slack.until(lambda: not self._slack.deliveries.unsettled, timeout=PATIENCE)

    async def _send(self, frames: Sequence[Frame], questions: int) -> None:
        for number, frame in enumerate(frames):
            # People ask all the while, neither before nor after.
            await self._slack.until(lambda at=number: self._asked() >= at * questions // len(frames), timeout=PATIENCE)  # type: ignore[misc] # bound now
            await self._settle(at_most=0 if frame.breaks else _UNDER_WAY)
            self.verdict.frames[frame.kind] += 1
            await self._put(frame)
            if number % _FRESH == 0:
                text = self._rng.choice(HOSTILE_TEXTS[:9]) + write_hostile(self._rng)
                await self._slack.mentions(self._rng.choice(self._mallories), self._rng.choice(self._rooms), text)
        await self._settle(at_most=0)
        await self._is_received()

    def _asked(self) -> int:
        return sum(len(marks) for marks in self._crowd.asked.values())

    async def _put(self, frame: Frame) -> None:
        opened = self._slack.sockets.opened
        await self._slack.until(lambda: self._slack.sockets.send(frame.data), timeout=PATIENCE)
        if frame.breaks:
            await self._slack.until(lambda: self._slack.sockets.opened > opened, timeout=PATIENCE)
        elif frame.envelope:
            self._pending[frame.envelope] = frame

    async def _settle(self, *, at_most: int) -> None:
        """Return when so few envelopes wait; those of a connection that is over are sent again, as Slack does."""
        sockets, known = self._slack.sockets, -1
        while known != sockets.opened:
            if known >= 0:
                for frame in self._pending.values():
                    sockets.send(frame.data)
            known = sockets.opened
            try:
                await self._slack.until(lambda at=known: self._waits() <= at_most or sockets.opened > at)  # type: ignore[misc] # bound now
            except TimeoutError:
                lost = [f"{each.kind}: {str(each.data)[:300]}" for each in self._pending.values()]
                self.verdict.faults += [f"not acknowledged: {one}" for one in lost]
                self._pending.clear()

    def _waits(self) -> int:
        """Take note of what has been acknowledged, and return how many envelopes have not been."""
        for connection in self._slack.sockets.open:
            for each in connection.heard:
                self.verdict.acknowledged += self._pending.pop(str(each.get("envelope_id")), None) is not None
            connection.heard.clear()
        return len(self._pending)

    async def _judge(self) -> None:
        verdict, result = self.verdict, self._crowd.result()
        verdict.asked, verdict.answered = result.asked, result.answered
        for name in ("doubled", "lost", "partial"):
            # Of hostile questions' answers some may still be under way; those of people bear marks.
            verdict.faults += [f"{name}: {mark}" for mark in getattr(result, name) if mark.startswith("q")]
        verdict.faults += [f"said without being asked: {ts}" for ts in self._strays()]
        verdict.hostile_answers = sum(
            "firstline_helpful" in str(each.blocks) for room in self._rooms for each in room.messages.values()
        )
        verdict.faults += [f"pinged: {each}" for each in self._pinged()]
        if self._bot.process.returncode is not None:
            verdict.faults.append(f"ended with {self._bot.process.returncode}")
        verdict.exit_code = await self._bot.terminate()
        if verdict.exit_code != 0:
            verdict.faults.append(f"exit code {verdict.exit_code}")
        verdict.reconnected = sum("slack: connected again" in line for line in self._bot.log)
        verdict.log = Counter(" ".join(line.split()[1:3]) for line in self._bot.log if line)
        verdict.faults += [f"in the log: {line[:300]}" for line in self._bot.log if _is_wrong(line)]

    def _strays(self) -> Iterator[str]:
        """Yield what the bot said to people who had not asked there."""
        rooms = {room for room, _ in self._crowd.asked}
        for room in rooms:
            for each in self._slack.channel(room).messages.values():
                if each.bot_id and (room, each.thread_ts) not in self._crowd.asked:
                    yield each.ts

    def _pinged(self) -> Iterator[str]:
        askers = {each.id for each in self._slack.world.users.values() if not each.is_bot} - {VICTIM}
        for ping in self._slack.pings():
            if ping.target not in askers:
                yield f"{ping.target} by {ping.method} in {ping.channel}"
        for shown in self._slack.team.ephemerals:
            for target in pinged_by(shown.text, shown.blocks):
                if target != shown.user:
                    yield f"{target} in private in {shown.channel}"


def _is_wrong(line: str) -> bool:
    # A question that claims to stand where nothing does has no place for its answer: the log says so, and rightly.
    is_failure = " ERROR " in line and not _NOWHERE.search(line)
    return is_failure or "Traceback" in line or SECRET in line or "number q" in line or VICTIM in line


def _memory_mib(bot: Firstline) -> float:
    status = Path(f"/proc/{bot.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def besiege(home: Path, *, frames: int, questions: int, seed: int, **more: str) -> Verdict:
    """Start everything on an empty home, hold one siege and return what came of it."""
    await index(home)
    async with SlackServer() as slack, OpenAIServer() as model:
        model.answer, model.default = answer_or_echo, Behaviour(tokens_per_second=400)
        helpers = slack.add_channel("helpers", _nobody(slack))
        surroundings = slack.environment | {
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-loopback",
            "FIRSTLINE_ROUTING": "local",
            "FIRSTLINE_BURST_SECONDS": "0.3",
            "FIRSTLINE_GRACE_SECONDS": "5",
            "FIRSTLINE_SLACK_SUPPORT_CHANNEL": helpers.id,
            **more,
        }
        async with open_firstline(home, **surroundings) as bot:
            await bot.until_logged("slack: ready")
            return await Siege(slack, bot, random.Random(seed)).hold(frames, questions)


def _nobody(slack: SlackServer) -> User:
    return slack.add_user("helper")
