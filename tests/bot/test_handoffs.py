"""Fetching people: one notice, silence, and the way back; through crashes and where nobody can be fetched."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contract import Controls, Kind, Wish
from adapters.errors import AdapterError, NotPermitted, ResponseLost
from adapters.limits import Action
from agents.contract import Recollection
from bot import wording
from bot.gate import Answer, Ignore, Reason
from bot.notices import ATTEMPTS
from tests.fakes.desk import ABOUT, message
from tests.fakes.manual_clock import ManualClock
from tests.fakes.stepping_agent import SteppingAgent, answer_to
from tests.fakes.talk import HELP, HERE, build_platform, open_talk

ANN = "[ann](https://sim.example//ann)"


async def test_people_are_told_once_with_a_link_and_a_summary(tmp_path: Path) -> None:
    platform, agent = build_platform(), SteppingAgent()
    async with open_talk(tmp_path, platform, agent) as desk:
        await desk.says("Where is my `refund`?")
        await desk.turns.join()
        for person in ("ann", "bob", "ann"):
            await desk.presses(Wish.PERSON, by=person)
        await desk.notices.join()
    assert platform.visible(HERE) == [answer_to(agent.requests[0]), wording.ASKED]
    [notice] = [shown.content for shown in platform.messages if shown.reference.address == HELP]
    assert notice.text.splitlines() == [
        f"<@S1> **A person is wanted.** {ANN} asks for one in [a conversation](https://sim.example/c1/m0).",
        "",
        "Last question:",
        "> Where is my 'refund'?",
        "",
        "My answer:",
        "> Answer to Where is my 'refund'?, word by word.",
        "",
        "I stay silent there until somebody gives the conversation back to me.",
    ]
    assert (notice.controls, notice.may_ping, notice.is_live) == (Controls.GIVE_BACK, frozenset({"S1"}), False)


async def test_the_bot_is_silent_until_somebody_in_the_support_channel_gives_back(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        await desk.says("how?")
        await desk.turns.join()
        await desk.presses(Wish.PERSON)
        await desk.notices.join()
        assert await desk.says("anyone?") == Ignore(Reason.HANDED_OFF)
        notice = next(shown for shown in platform.messages if shown.reference.address == HELP)
        pressed = replace(
            message("b9", "", by="sam", where="", kind=Kind.BUTTON),
            address=HELP,
            channel="help",
            wish=Wish.GIVE_BACK,
            concerns=notice.reference.message,
        )
        assert (await desk.front.receive(pressed)).notice == wording.GIVEN_BACK
        assert (await desk.front.receive(replace(pressed, id="b10"))).notice == wording.NOT_HANDED_OFF
        await desk.notices.join()
        assert platform.visible(HERE)[-2:] == [wording.ASKED, wording.BACK]
        returned = "has given [the conversation](https://sim.example/c1/m0) back to me: I answer there again."
        assert platform.visible(HELP) == [f"[sam](https://sim.example//sam) {returned}"]
        assert notice.content.controls is Controls.NONE
        assert await desk.says("and now?") == Answer("and now?")
        await desk.turns.join()
    assert len(platform.visible(HERE)) == 4


async def test_staff_give_back_by_command_what_people_have_in_a_channel(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        for where in ("t1", "t2"):
            await desk.front.receive(replace(message(f"q-{where}", "how?", where=where), channel="ch"))
            await desk.front.receive(
                replace(message(f"p-{where}", "", where=where, kind=Kind.BUTTON), channel="ch", wish=Wish.PERSON)
            )
        await desk.turns.join()
        resume = replace(message("r", "", where="private", kind=Kind.COMMAND), channel="ch", wish=Wish.GIVE_BACK)
        assert (await desk.front.receive(resume)).notice.startswith("Only support staff")
        assert (await desk.front.receive(replace(resume, author="staff"))).notice == wording.GIVEN_BACK
        for where in ("t1", "t2"):
            assert not (await desk.store.conversations.state_of(where)).is_handed_off
        await desk.notices.join()


async def test_without_a_support_channel_nobody_is_fetched_and_the_bot_goes_on(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform, support={}) as desk:
        await desk.says("how?")
        press = replace(message("b1", "", kind=Kind.BUTTON), wish=Wish.PERSON)
        assert (await desk.front.receive(press)).notice == "You can reach a person here: help@example.org"
        assert isinstance(await desk.says("and?"), Answer)
        await desk.turns.join()


async def test_where_the_support_channel_is_closed_to_the_bot_it_says_so_and_goes_on(tmp_path: Path) -> None:
    platform = build_platform()
    platform.fault = lambda _, number: NotPermitted("the bot in the channel") if number == 1 else None
    async with open_talk(tmp_path, platform) as desk:
        await desk.presses(Wish.PERSON)
        await desk.notices.join()
        assert platform.visible(HERE) == [
            "I couldn't reach the support team just now. You can reach a person here: help@example.org"
        ]
        assert isinstance(await desk.says("how?"), Answer)
        await desk.turns.join()


@pytest.mark.parametrize("hangs", ["before the first call", "in the first call", "after the first post", "later"])
async def test_a_crash_at_any_moment_leaves_one_notice_and_one_sentence(tmp_path: Path, hangs: str) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        if hangs == "in the first call":
            platform.latency = lambda: 3600.0
        platform.hangs = int(hangs == "after the first post")
        await desk.presses(Wish.PERSON)
        if hangs == "after the first post":
            await platform.is_hanging.wait()
        elif hangs == "later":
            await desk.notices.join()
    platform.latency = lambda: 0.0
    async with open_talk(tmp_path, platform, first_id=2) as desk:
        assert await desk.notices.take_up() == (0 if hangs == "later" else 1)
        await desk.notices.join()
        assert await desk.notices.take_up() == 0
        assert await desk.says("anyone?") == Ignore(Reason.HANDED_OFF)
    assert len(platform.visible(HELP)) == 1
    assert platform.visible(HERE) == [wording.ASKED]


async def test_however_many_processes_were_ended_meanwhile_people_are_told(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        platform.latency = lambda: 3600.0
        await desk.presses(Wish.PERSON)
    platform.latency = lambda: 0.0
    async with open_talk(tmp_path, platform, first_id=2) as desk:
        (notice,) = await desk.store.notices.open_ids()
        for _ in range(ATTEMPTS + 1):
            await desk.store.notices.start(notice)
        await desk.notices.take_up()
        await desk.notices.join()
    assert len(platform.visible(HELP)) == 1
    assert platform.visible(HERE) == [wording.ASKED]


async def test_what_is_given_back_before_people_were_told_needs_no_notice(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        platform.latency = lambda: 3600.0
        await desk.presses(Wish.PERSON)
    platform.latency = lambda: 0.0
    async with open_talk(tmp_path, platform, first_id=2) as desk:
        await desk.presses(Wish.GIVE_BACK, by="staff")
        await desk.notices.take_up()
        await desk.notices.join()
        assert await desk.notices.take_up() == 0
    assert platform.visible(HELP) == []
    assert platform.visible(HERE) == [wording.BACK]


async def test_a_notice_that_can_never_be_written_is_given_up_and_ends_nothing_else(tmp_path: Path) -> None:
    class Forgetful(SteppingAgent):
        async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
            raise TypeError(conversation_id, turn_id)

    platform, clock = build_platform(), ManualClock()
    async with open_talk(tmp_path, platform, Forgetful(), clock=clock) as desk:
        await desk.says("how?")
        await desk.turns.join()
        await desk.presses(Wish.PERSON)
        for _ in range(ATTEMPTS):
            await clock.until_asleep(1)
            clock.advance(60)
        await desk.notices.join()
        assert await desk.says("and now?") == Answer("and now?")
        await desk.turns.join()
    assert platform.visible(HELP) == []
    assert wording.say_unreached(ABOUT) in platform.visible(HERE)


async def test_a_lost_response_makes_no_second_notice(tmp_path: Path) -> None:
    platform = build_platform()

    def fault(action: Action, number: int) -> AdapterError | None:
        return ResponseLost() if action is Action.POST and number in {1, 3} else None

    platform.fault = fault
    async with open_talk(tmp_path, platform) as desk:
        await desk.presses(Wish.PERSON)
        await desk.notices.join()
    assert len(platform.visible(HELP)) == 1
    assert platform.visible(HERE) == [wording.ASKED]
