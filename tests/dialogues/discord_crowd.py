"""Many people who ask the real `firstline run` on Discord, where much goes wrong, and which is killed meanwhile.

Each question bears a mark, and the model repeats it at the beginning and at the end of its answer. So what stands on
people's screens tells by itself what was answered twice, not at all, or in part.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs.serving import Firstline, open_firstline
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.records import Channel, Interaction, Message
from tests.servers.discord.server import LoopbackDiscord
from tests.servers.model_server import Messages, text_of

PATIENCE = 180.0
"""Seconds that a crowd may take for its next step on a busy machine."""
_BEGINS, _ENDS = re.compile(r"Answer (q[a-j]{4}) begins"), re.compile(r"and (q[a-j]{4}) ends")
_MARK = re.compile(r"\bnumber (q[a-j]{4})\b")
_FILLING = "refunds are paid to the original payment method within 5-10 business days of approval, "


def answer_with_its_mark(messages: Messages) -> str:
    """Answer the last question with its mark at both ends."""
    marks = _MARK.findall("\n".join(text_of(each) for each in messages)) or ["qjjjj"]
    return f"Answer {marks[-1]} begins: {_FILLING * 3}and {marks[-1]} ends. [1]"


@dataclass(frozen=True, slots=True)
class Result:
    """What was wrong on people's screens. `told` were not taken, and Discord said so to whoever asked."""

    asked: int
    answered: int
    told: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    partial: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether every question has one whole answer, or its asker knows that there is none."""
        return self.answered + self.told == self.asked and not (self.lost or self.doubled or self.partial)


@dataclass(slots=True)
class Crowd:
    """People in the channels of a guild."""

    discord: LoopbackDiscord
    asked: dict[str, Interaction | None] = field(default_factory=dict)
    """The commands by the marks of their questions; None where it was a message."""
    threads: list[int] = field(default_factory=list)

    async def mention(self, channel: Channel | None = None) -> str:
        """Ask in a channel, where a thread will be opened, and return the mark."""
        mark, question = self._next()
        asked = await self.discord.people.mentions(self.discord.person, channel or self.discord.channel, question)
        self.asked[mark] = None
        if channel is None:
            self.threads.append(asked.id)
        return mark

    async def write_on(self) -> str | None:
        """Write on in the oldest thread that is open and was not written on in, and return the mark."""
        opened = [id_ for id_ in self.threads if id_ in self.discord.world.channels]
        if not opened:
            return None
        self.threads.remove(opened[0])
        mark, question = self._next()
        await self.discord.people.says(self.discord.person, self.discord.world.channels[opened[0]], question)
        self.asked[mark] = None
        return mark

    async def tell(self) -> str:
        """Write to the bot directly, and return the mark; those that wait together would be answered as one."""
        mark, question = self._next()
        await self.discord.people.writes_to_bot(self.discord.person, question)
        self.asked[mark] = None
        return mark

    async def command(self, *, is_private: bool) -> str:
        """Use /support, and return the mark."""
        mark, question = self._next()
        people, person = self.discord.people, self.discord.person
        used = await people.command(person, self.discord.channel, "support", question=question, private=is_private)
        self.asked[mark] = used
        return mark

    async def ask_in_all_ways(self) -> None:
        """Ask by mention, in a thread, and by command for all and for oneself."""
        await self.mention()
        await self.write_on()
        await self.command(is_private=False)
        await self.command(is_private=True)

    async def is_answered(self) -> None:
        """Return when nothing is owed to anybody."""
        await self.discord.until(lambda: not self.owed(), timeout=PATIENCE)

    def owed(self) -> set[str]:
        """Return the questions without a whole answer, and the messages that look as if they went on."""
        ended = self._counts()[1]
        return {mark for mark in self.asked if not ended[mark] and not self._was_told(mark)} | set(self._live())

    def result(self) -> Result:
        """Return what people see."""
        begun, ended = self._counts()
        told = {mark for mark in self.asked if not begun[mark] and self._was_told(mark)}
        return Result(
            asked=len(self.asked),
            answered=sum(bool(begun[mark] and ended[mark]) for mark in self.asked),
            told=len(told),
            lost=tuple(mark for mark in self.asked if not begun[mark] and mark not in told),
            doubled=tuple(mark for mark in begun | ended if max(begun[mark], ended[mark]) > 1),
            partial=(*(mark for mark in self.asked if begun[mark] and not ended[mark]), *self._live()),
        )

    def _was_told(self, mark: str) -> bool:
        """Whether a command was not responded to in time: Discord shows that it failed."""
        used = self.asked[mark]
        late = self.discord.world.clock() - self.discord.interactions.answer_seconds
        return used is not None and used.answer is None and used.created_at < late

    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        text = "\n".join(each.content for each in self._said())
        return Counter(_BEGINS.findall(text)), Counter(_ENDS.findall(text))

    def _live(self) -> list[str]:
        """Return what looks as if it went on: messages with a stop button, and those that say "thinking"."""
        return [
            f"message {each.id}"
            for each in self._said()
            if each.is_loading or any(button.label == "Stop" for button in each.buttons)
        ]

    def _said(self) -> list[Message]:
        world = self.discord.world
        return [each for each in world.messages.values() if each.author is world.bot and not each.is_deleted]

    def _next(self) -> tuple[str, str]:
        mark = "q" + "".join("abcdefghij"[int(digit)] for digit in f"{len(self.asked):04d}")
        return mark, f"How long does a refund take, number {mark}?"


@dataclass(slots=True)
class Lives:
    """One home, and the processes that answer from it, one after the other."""

    home: Path
    surroundings: Mapping[str, str]
    crowd: Crowd
    errors: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Firstline]:
        """Run the program, which listens when the block begins, until it is killed or the block ends."""
        async with open_firstline(self.home, **self.surroundings) as bot:
            await bot.until_logged("discord: ready")
            await self.crowd.discord.until(lambda: self.crowd.discord.world.commands.get(None), timeout=PATIENCE)
            try:
                yield bot
            finally:
                self.errors += [line for line in bot.log if " ERROR " in line or line.startswith("Traceback")]

    async def die(self, bot: Firstline, fault: Fault) -> None:
        """Kill the program as a fault strikes, or once all is answered, should it not."""
        fault.action = bot.process.kill
        self.crowd.discord.faults.add(fault)
        await self.crowd.discord.until(lambda: fault.struck or not self.crowd.owed(), timeout=PATIENCE)
        if bot.process.returncode is None:
            await bot.kill()


def kill_at(route: str, *, skip: int = 0, after_write: bool = False) -> Fault:
    """Return the moment of a call in which to kill the program; what it asked for is done or not, unknown to it."""
    what = What.RESET if not after_write else What.NOTHING
    return Fault(route, what, skip=skip, after_write=after_write)
