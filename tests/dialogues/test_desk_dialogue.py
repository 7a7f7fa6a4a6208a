"""A day at the desk, told through `open_bot` as a platform would use it."""

import asyncio
import logging
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from adapters.contract import Address, IncomingMessage, Kind, Surface, Wish
from adapters.desk import FrontDesk
from adapters.limits import build_slack_limits
from adapters.scheduler import ReplyScheduler
from agents.domains import read_domains
from bot import wording
from bot.about import build_about
from bot.clock import SystemClock
from bot.gate import GateRules
from bot.outlets import Outlet, SupportChannel
from bot.serving import open_bot
from bot.store.engine import url_of
from bot.turns import TurnLimits
from tests.fakes.sociable_platform import SociablePlatform
from tests.fakes.stepping_agent import SteppingAgent

THREAD = Address("sim", "T1", "C1", thread="17.1")
TEAM = Address("sim", "T1", "C-TEAM")
ABOUT = build_about("Brightquay", "help@example.org", read_domains())


class Person:
    """Somebody on the platform, with a window on the thread."""

    def __init__(self, name: str, desk: FrontDesk, platform: SociablePlatform) -> None:
        self._name = name
        self._desk = desk
        self._platform = platform
        self._numbers = count(1)

    async def says(self, text: str) -> bool:
        """Write in the thread, and return whether it is taken as a question."""
        return (await self._desk.receive(self._event(Kind.MENTION, text=text))).is_question

    async def presses(self, wish: Wish, below: str) -> str:
        """Press a button below a text, wherever that is, and return what only this person reads."""
        shown = next(each for each in reversed(self._platform.messages) if below in each.content.text)
        address = shown.reference.address
        event = self._event(Kind.BUTTON, wish=wish, concerns=shown.reference.message)
        return (await self._desk.receive(replace(event, channel=address.channel, address=address))).notice

    def hears(self) -> str:
        """Return the last message of the thread."""
        return self._platform.visible(THREAD)[-1]

    def _event(self, kind: Kind, *, text: str = "", wish: Wish | None = None, concerns: str = "") -> IncomingMessage:
        return IncomingMessage(
            id=f"{self._name}-{next(self._numbers)}",
            conversation_id="sim:T1:C1:17.1" if kind is Kind.MENTION else "",
            author=self._name,
            text=text,
            kind=kind,
            surface=Surface.THREAD,
            address=THREAD,
            workspace="T1",
            channel="C1",
            sent_at=float(next(self._numbers)),
            concerns=concerns,
            wish=wish,
        )


@pytest.mark.parametrize("has_support", [True, False])
async def test_a_person_is_fetched_and_gives_the_conversation_back(
    tmp_path: Path, has_support: bool, caplog: pytest.LogCaptureFixture
) -> None:
    time = asyncio.get_running_loop().time
    platform, ids = SociablePlatform(build_slack_limits(), time), count(1)
    with caplog.at_level(logging.WARNING, "bot"):
        async with open_bot(
            url_of(tmp_path / "firstline.db"),
            SteppingAgent(),
            {"sim": Outlet(ReplyScheduler(platform, clock=time), platform)},
            rules=GateRules(),
            about=ABOUT,
            support={"sim": SupportChannel(TEAM, "S1")} if has_support else {},
            clock=SystemClock(),
            new_id=lambda: f"id{next(ids)}",
            limits=TurnLimits(burst_seconds=0.0),
        ) as bot:
            ann, sam = Person("ann", bot.desk, platform), Person("sam", bot.desk, platform)
            assert await ann.says("Where is my refund?")
            await bot.turns.join()
            criticism = await ann.presses(Wish.UNHELPFUL, below="Answer to")
            asking = await ann.presses(Wish.PERSON, below="Answer to")
            if not has_support:
                assert criticism.endswith("help@example.org")
                assert asking == "You can reach a person here: help@example.org"
                assert await ann.says("And now?")
                await bot.turns.join()
                return
            assert (criticism, asking) == (wording.thank_for_criticism(ABOUT, has_support=True), wording.ASKING)
            await bot.notices.join()
            assert ann.hears() == wording.ASKED
            assert not await ann.says("Anyone?")
            assert await ann.presses(Wish.GIVE_BACK, below=wording.ASKED) == (
                "Only support staff can give a conversation back to me."
            )
            assert await sam.presses(Wish.GIVE_BACK, below="A person is wanted") == wording.GIVEN_BACK
            await bot.notices.join()
            assert ann.hears() == wording.BACK
            assert await ann.says("And now?")
            await bot.turns.join()
            assert ann.hears().startswith("Answer to And now?")
            welcome = await bot.desk.welcome("ann", platform="sim", workspace="T1")
            assert welcome.fields[0].title == "Technical support"
            assert all(1 <= len(field.examples) <= 4 for field in welcome.fields)
            assert len(welcome.talks) == 1
    assert ("no support channel is set" in caplog.text) is not has_support
