"""Many people who ask the real `firstline run` on a Slack where much goes wrong, while it is killed and started again.

Each question bears a mark, and the model repeats it at the beginning and at the end of its answer. So what stands on
people's screens tells by itself what was answered twice, not at all, in part, or without having been asked.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs.serving import Firstline, open_firstline
from tests.servers.model_server import Messages, text_of
from tests.servers.slack.deliveries import Delivery
from tests.servers.slack.faults import Broken, Fault, Limited, Lost, Refuse, Reset
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, Kind, Message, User

PATIENCE = 300.0
"""Seconds that a crowd may take for its next step on a busy machine."""
_BEGINS, _ENDS = re.compile(r"Answer (q[a-j]{4}) begins"), re.compile(r"and (q[a-j]{4}) ends")
_MARK = re.compile(r"\bnumber (q[a-j]{4})\b")
_FILLING = "refunds are paid to the original payment method within 5-10 business days of approval, "

# Both copies of a post in both orders, each up to twice, and each alone.
_MENTIONED: Sequence[tuple[str, ...]] = tuple(
    tuple(order.split())
    for order in (
        "app_mention",
        "message",
        "app_mention message",
        "message app_mention",
        "message app_mention message",
        "app_mention app_mention message",
        "app_mention message app_mention message",
        "message message app_mention app_mention",
    )
)
_WRITTEN: Sequence[tuple[str, ...]] = (("message",), ("message", "message"), ("message",) * 3, ("message",) * 4)


def answer_with_its_mark(messages: Messages) -> str:
    """Answer the last question with its mark at both ends."""
    marks = _MARK.findall("\n".join(text_of(each) for each in messages)) or ["qjjjj"]
    return f"Answer {marks[-1]} begins: {_FILLING * 3}and {marks[-1]} ends. [1]"


@dataclass(frozen=True, slots=True)
class Result:
    """What was wrong on people's screens in the end."""

    asked: int
    answered: int
    doubled: tuple[str, ...]
    lost: tuple[str, ...]
    partial: tuple[str, ...]
    unasked: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether every question has one whole answer, and nothing else was said."""
        return self.answered == self.asked and not (self.doubled or self.lost or self.partial or self.unasked)


def plan_faults(slack: SlackServer, rng: random.Random, chance: float) -> None:
    """Let posts, edits, streams and reads fail by chance, each way with its own."""
    all_ways: tuple[Fault, ...] = (Broken(), Reset(), Lost(), Limited(1), Limited(1, as_200=True))
    faults: dict[str, tuple[Fault, ...]] = {
        "chat.postMessage": all_ways,
        "chat.update": all_ways,
        "chat.startStream": (*all_ways, Refuse("channel_type_not_supported")),
        "chat.appendStream": (*all_ways, Refuse("message_not_in_streaming_state"), Refuse("internal_error")),
        "chat.stopStream": (*all_ways, Refuse("message_not_in_streaming_state"), Refuse("invalid_blocks")),
        "conversations.replies": (Broken(), Reset(), Limited(1)),
    }
    for method, several in faults.items():
        for fault in several:
            slack.faults.plan_by_chance(method, fault, chance=chance, random=rng)


@dataclass(slots=True)
class Crowd:
    """People in channels and in private, each with one question after the other."""

    slack: SlackServer
    rng: random.Random
    asked: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The marks of the questions in each thread, by its channel and ts."""
    _number: int = 0

    async def ask(self, questions: int, *, at_once: int) -> None:
        """Ask so many questions, a quarter of them in threads that are answered, and return when all are answered.

        At most `at_once` wait for their answers at any time.
        """
        people = [self.slack.add_user(f"ann-{number}") for number in range(max(1, questions // 6))]
        rooms = [self.slack.add_channel(f"crowd-{number}", *people) for number in range(max(1, questions // 4))]
        begun: list[tuple[User, Channel, str]] = []
        for number in range(questions):
            await self.slack.until(lambda number=number: number - self.answered < at_once, timeout=PATIENCE)  # type: ignore[misc] # bound now
            answered = [thread for thread in begun if self._answers(thread[1].id, thread[2]) > 0]
            if number % 4 == 3 and answered:
                thread = self.rng.choice(answered)
                begun.remove(thread)
                await self._go_on(*thread)
            else:
                begun.append(await self._begin(self.rng.choice(people), rooms))
        await self.slack.until(self.is_answered, timeout=PATIENCE)

    async def _begin(self, user: User, rooms: Sequence[Channel]) -> tuple[User, Channel, str]:
        mark, is_private = self._next_mark(), self.rng.random() < 0.2
        room = self.slack.dm(user) if is_private else self.rng.choice(rooms)
        if is_private:
            ts = await self.slack.says(user, room, _question(mark), deliver=self.rng.choice(_WRITTEN))
        else:
            ts = await self.slack.mentions(user, room, _question(mark), deliver=self.rng.choice(_MENTIONED))
        self.asked[room.id, ts].append(mark)
        return user, room, ts

    async def _go_on(self, user: User, room: Channel, ts: str) -> None:
        mark = self._next_mark()
        self.asked[room.id, ts].append(mark)
        if room.kind is Kind.DM or self.rng.random() < 0.5:  # in private Slack tells of no mentions
            order = self.rng.choice(_WRITTEN)
            await self.slack.says(user, room, _question(mark), thread_ts=ts, deliver=order)
        else:
            order = self.rng.choice(_MENTIONED)
            await self.slack.mentions(user, room, _question(mark), thread_ts=ts, deliver=order)

    def _next_mark(self) -> str:
        self._number += 1
        return "q" + "".join("abcdefghij"[int(digit)] for digit in f"{self._number:04d}")

    def _answers(self, channel: str, ts: str) -> int:
        return sum("firstline_helpful" in _buttons(each) for each in self._said(channel, ts))

    def is_answered(self) -> bool:
        """Whether below every thread stand as many complete answers as it has questions."""
        return all(self._answers(*thread) >= len(marks) for thread, marks in self.asked.items())

    def _said(self, channel: str, ts: str) -> list[Message]:
        return [each for each in self.slack.channel(channel).replies(ts) if each.bot_id]

    @property
    def answered(self) -> int:
        """How many answers are complete."""
        return sum(self._answers(*thread) for thread in self.asked)

    async def deliver_all_again(self) -> None:
        """Let Slack deliver once more whatever people have written, and return when all of it is received."""
        written: list[Delivery] = [
            each for each in self.slack.deliveries.all if "bot_id" not in each.payload.get("event", {"bot_id": ""})
        ]
        for delivery in written:
            self.slack.deliver_again(delivery)
        await self.is_received()

    async def is_received(self) -> None:
        """Return when the bot has taken all that it was told."""
        await self.slack.until(lambda: not self.slack.deliveries.unsettled, timeout=PATIENCE)

    def result(self) -> Result:
        """Return what people see."""
        begins: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        live, unasked = [], []
        for channel, message in self._ours():
            text = "\n".join(_texts(message))
            marks = set(_BEGINS.findall(text)) | set(_ENDS.findall(text))
            begins.update(_BEGINS.findall(text))
            ends.update(_ENDS.findall(text))
            thread = self.asked.get((channel.id, message.thread_ts), [])
            if not thread or not marks <= set(thread):
                unasked.append(message.ts)
            if "firstline_stop" in _buttons(message):
                live.append(message.ts)
        marks_asked = [mark for thread in self.asked.values() for mark in thread]
        lost = tuple(mark for mark in marks_asked if not ends[mark] and not begins[mark])
        partial = tuple(mark for mark in marks_asked if begins[mark] and not ends[mark])
        extra = sum(max(0, self._answers(*thread) - len(marks)) for thread, marks in self.asked.items())
        return Result(
            asked=len(marks_asked),
            answered=sum(bool(begins[mark] and ends[mark]) for mark in marks_asked),
            doubled=tuple(mark for mark in marks_asked if max(begins[mark], ends[mark]) > 1),
            lost=lost,
            partial=(*partial, *live),
            unasked=(*unasked, *["an answer too many"] * extra),
        )

    def _ours(self) -> Iterator[tuple[Channel, Message]]:
        for channel in self.slack.world.channels.values():
            for message in channel.messages.values():
                if message.bot_id:
                    yield channel, message


def _question(mark: str) -> str:
    return f"How long does a refund take, number {mark}?"


def _texts(message: Message) -> list[str]:
    return [str(block.get("text")) for block in message.blocks if block["type"] == "markdown"]


def _buttons(message: Message) -> set[str]:
    """Return the ids of the buttons, which stand in a message's last block."""
    last = message.blocks[-1] if message.blocks else {}
    return {str(each.get("action_id")) for each in last.get("elements", ()) if last["type"] == "actions"}


@dataclass(slots=True)
class Lives:
    """One home, and the processes that answer from it, one after the other."""

    home: Path
    surroundings: dict[str, str]
    crowd: Crowd
    kills: int = 0
    exit_codes: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def live(self, *, until_answered: int, is_killed: bool) -> None:
        """Start, and end in the middle of some call once so many answers are complete."""
        slack = self.crowd.slack
        async with open_firstline(self.home, **self.surroundings) as bot:
            await bot.until_logged("slack: ready")
            await slack.until(lambda: self.crowd.answered >= until_answered, timeout=PATIENCE)
            calls = len(slack.calls) + self.crowd.rng.randint(1, 12)
            await slack.until(lambda: len(slack.calls) >= calls or self.crowd.is_answered(), timeout=PATIENCE)
            self.kills += is_killed
            await (bot.kill() if is_killed else self._terminate(bot))
            self._note(bot)

    async def rest(self, asking: asyncio.Task[None]) -> None:
        """Start and stay until all is asked and answered; then let everything be delivered again, and end."""
        async with open_firstline(self.home, **self.surroundings) as bot:
            await bot.until_logged("slack: ready")
            await asking
            await self.crowd.is_received()
            await self.crowd.deliver_all_again()
            await self._terminate(bot)
            self._note(bot)

    async def _terminate(self, bot: Firstline) -> None:
        self.exit_codes.append(await bot.terminate())

    def _note(self, bot: Firstline) -> None:
        self.errors += [line for line in bot.log if " ERROR " in line or line.startswith("Traceback")]
