"""What buttons, reactions and sub-commands do, as a person meets it at the front desk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contract import Address, Controls, IncomingMessage, Kind, Surface, Wish
from adapters.desk import Field, Reception
from adapters.errors import NotPermitted
from bot import wording
from bot.about import About
from bot.gate import Answer
from tests.fakes.agent import SOURCE, ScriptedAgent
from tests.fakes.desk import Desk, message, open_desk
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent
from tests.fakes.talk import HERE, build_platform, open_talk
from tests.fakes.wall import MemoryWall

PUBLIC = Address("wall", "w", "public")


def press(wish: Wish, *, by: str = "ann", where: str = "c1", concerns: str = "", id: str = "b1") -> IncomingMessage:  # noqa: A002 - named as the field
    return replace(message(id, "", by=by, where=where, kind=Kind.BUTTON), wish=wish, concerns=concerns)


async def asked(desk: Desk) -> None:
    await desk.says("how?", id="q1")
    await desk.turns.join()


@pytest.mark.parametrize(
    ("wish", "notice"),
    [
        (Wish.HELPFUL, wording.HELPFUL),
        (Wish.UNHELPFUL, wording.thank_for_criticism(About(), has_support=True)),
        (Wish.MUTE, wording.MUTED),
        (Wish.UNMUTE, wording.UNMUTED),
        (Wish.NEW, wording.FORGOTTEN),
        (Wish.PERSON, wording.ASKING),
        (Wish.SHARE, wording.SHARED),
        (Wish.STOP, wording.NOTHING_TO_STOP),
        (Wish.GIVE_BACK, "Only support staff can give a conversation back to me."),
    ],
)
async def test_who_presses_a_button_is_told_what_was_done(tmp_path: Path, wish: Wish, notice: str) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await asked(desk)
        assert await desk.front.receive(press(wish)) == Reception(is_question=False, notice=notice)
        reaction = replace(press(wish), kind=Kind.REACTION, id="r1")
        assert await desk.front.receive(reaction) == Reception()
        await desk.notices.join()
        await desk.turns.join()


@pytest.mark.parametrize("concerns", ["m0", "q1", "wall:w:c1:m0"])
async def test_a_reaction_that_knows_only_its_message_stops_the_answer(tmp_path: Path, concerns: str) -> None:
    platform, agent = build_platform(), SteppingAgent(steps=asyncio.Semaphore(4))
    shown = asyncio.Event()
    platform.on_change = lambda _: shown.set()
    async with open_talk(tmp_path, platform, agent) as desk:
        await desk.says("how?", id="q1")
        await shown.wait()
        while not await desk.select("SELECT 1 FROM posts"):
            pass  # people see a message a moment before the bot knows it as its own
        cross = replace(press(Wish.STOP, by="eve", concerns=concerns), kind=Kind.REACTION, conversation_id="")
        await desk.front.receive(cross)
        assert "Stopped" not in platform.visible(HERE)[0]
        await desk.front.receive(replace(cross, author="ann"))
        await desk.turns.join()
    assert platform.visible(HERE)[0].endswith("_Stopped._")


async def test_feedback_is_kept_once_for_each_person_and_the_latest_wins(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await asked(desk)
        for number, wish in enumerate([Wish.HELPFUL, Wish.UNHELPFUL, Wish.UNHELPFUL]):
            await desk.front.receive(press(wish, where="", concerns="m0", id=f"b{number}"))
        await desk.front.receive(press(Wish.HELPFUL, by="bob", where="", concerns="m0", id="b9"))
        unknown = await desk.front.receive(press(Wish.HELPFUL, where="", concerns="m77", id="b10"))
        assert unknown.notice == wording.ANSWER_UNKNOWN
        rows = await desk.select("SELECT person, is_helpful FROM feedback ORDER BY person")
        assert rows == [("ann", 0), ("bob", 1)]


async def test_who_was_not_helped_hears_how_to_reach_people() -> None:
    about = About(contact="help@example.org")
    assert "Talk to a person" in wording.thank_for_criticism(about, has_support=True)
    assert "help@example.org" in wording.thank_for_criticism(about, has_support=False)
    assert wording.thank_for_criticism(About(), has_support=False) == "Thank you for telling me."


async def test_a_private_answer_is_shared_once_however_often_it_is_asked_for_with_its_sources(tmp_path: Path) -> None:
    platform = build_platform()
    agent = ScriptedAgent()
    async with open_talk(tmp_path, platform, agent) as desk:
        await asked(desk)
        event = replace(press(Wish.SHARE, concerns="m0"), address=PUBLIC)
        assert (await desk.front.receive(event)).notice == wording.SHARED
        assert (await desk.front.receive(event)).notice == wording.SHARED_ALREADY
        pressed_again = replace(event, id="b3", sent_at=9.0)
        assert (await desk.front.receive(pressed_again)).notice == wording.SHARED_ALREADY
        await desk.notices.join()
        assert (await desk.front.receive(replace(event, id="b4"))).notice == wording.SHARED_ALREADY
        stranger = await desk.front.receive(replace(event, id="b2", author="eve"))
        assert stranger.notice == "Only those who take part here can do that."
        await desk.notices.join()
    [shared] = [shown.content for shown in platform.messages if shown.reference.address == PUBLIC]
    assert shared.text == "[ann](https://sim.example//ann) asked: _how?_\n\nYou asked: how?"
    assert [source.link for source in shared.sources] == [SOURCE.link]
    assert (shared.may_ping, shared.controls) == (frozenset(), Controls.NONE)


async def test_a_share_that_failed_can_be_asked_for_again(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        await asked(desk)
        platform.fault = lambda *_: NotPermitted("the bot in the channel")
        event = replace(press(Wish.SHARE, concerns="m0"), address=PUBLIC)
        assert (await desk.front.receive(event)).notice == wording.SHARED
        await desk.notices.join()
        platform.fault = lambda *_: None
        assert platform.visible(PUBLIC) == []
        for number in range(2):
            await desk.front.receive(replace(event, id=f"again-{number}"))
        await desk.notices.join()
        assert (await desk.front.receive(replace(event, id="b4"))).notice == wording.SHARED_ALREADY
    assert len(platform.visible(PUBLIC)) == 1


async def test_two_answers_of_one_conversation_are_shared_each(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        for question in ("q1", "q2"):
            await desk.says(f"how about {question}?", id=question)
            await desk.turns.join()
            await desk.front.receive(replace(press(Wish.SHARE, id=f"b-{question}", concerns=question), address=PUBLIC))
        await desk.notices.join()
    assert len(platform.visible(PUBLIC)) == 2


async def test_what_was_forgotten_is_not_shared(tmp_path: Path) -> None:
    platform = build_platform()
    async with open_talk(tmp_path, platform) as desk:
        await asked(desk)
        await desk.front.receive(press(Wish.NEW))
        await desk.turns.join()
        await desk.front.receive(replace(press(Wish.SHARE, id="b2"), address=PUBLIC))
        await desk.notices.join()
        assert await desk.notices.take_up() == 0
    assert platform.visible(PUBLIC) == []


async def test_a_new_start_stops_what_is_live_and_forgets_it_before_the_next_question(tmp_path: Path) -> None:
    platform, agent = build_platform(), SteppingAgent(steps=asyncio.Semaphore(4))
    shown = asyncio.Event()
    platform.on_change = lambda _: shown.set()
    async with open_talk(tmp_path, platform, agent) as desk:
        await desk.says("how?")
        await shown.wait()
        await desk.front.receive(press(Wish.NEW))
        agent.steps = None
        await desk.says("what else?")
        await desk.turns.join()
    assert agent.forgotten == ["c1"]
    assert platform.visible(HERE)[0].endswith("_Stopped._")
    assert platform.visible(HERE)[1].startswith("Answer to what else?")


async def test_a_history_is_forgotten_although_the_process_died_first(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_talk(tmp_path, build_platform(), agent) as desk:
        await asked(desk)
        await desk.store.conversations.forget_soon("c1")
    async with open_talk(tmp_path, build_platform(), agent, first_id=2) as desk:
        assert await desk.turns.take_up() == 1
        await desk.turns.join()
        assert await desk.turns.take_up() == 0
    assert agent.forgotten == ["c1"]


async def test_nobody_makes_the_bot_forget_while_it_answers_someone_else(tmp_path: Path) -> None:
    agent = SteppingAgent()
    async with open_talk(tmp_path, build_platform(), agent) as desk:
        await asked(desk)
        agent.steps = asyncio.Semaphore(1)
        await desk.says("and?", by="bob")
        refused = await desk.front.receive(press(Wish.NEW))
        assert refused.notice == "I'm answering someone else here. Please try again once that is done."
        agent.steps = None
    assert not agent.forgotten


async def test_a_refusal_is_private_on_an_interaction_and_a_turn_elsewhere(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        command = replace(message("m1", ""), kind=Kind.COMMAND)
        assert not (await desk.front.receive(command)).is_question
        assert await desk.front.receive(replace(command, id="m2", kind=Kind.MENTION)) == Reception(is_question=True)
        assert await desk.front.receive(message("m3", "how?")) == Reception(is_question=True)
        overheard = replace(message("m4", "hm", by="bob"), kind=Kind.THREAD_REPLY, surface=Surface.THREAD)
        assert await desk.front.receive(overheard) == Reception()
        await desk.turns.join()


async def test_a_newcomer_is_told_the_fields_and_a_person_their_last_talks(tmp_path: Path) -> None:
    wall, about = MemoryWall(), About("Brightquay", "help@example.org", {"general": Field("General", "All else")})
    async with open_desk(tmp_path, agent=SteppingAgent(), replies=PlainReplies(wall), about=about) as desk:
        for number in range(7):
            await desk.says("how?", where=f"c{number}")
            await desk.says("how?", where=f"d{number}", by="bob")
            await desk.turns.join()
        welcome = await desk.front.welcome("ann", platform="wall")
        assert (welcome.company, welcome.contact) == ("Brightquay", "help@example.org")
        assert welcome.fields == (Field("General", "All else"),)
        assert [talk.address.channel for talk in welcome.talks] == ["c6", "c5", "c4", "c3", "c2"]
        assert {talk.title for talk in welcome.talks} == {"General"}
        assert all(wall.messages[talk.message].where == talk.address.channel for talk in welcome.talks)
        assert (await desk.front.welcome("ann", platform="slack")).talks == ()
        assert (await desk.front.welcome()).talks == ()


async def test_a_silent_conversation_answers_a_command_with_the_reason(tmp_path: Path) -> None:
    async with open_talk(tmp_path, build_platform()) as desk:
        await asked(desk)
        await desk.presses(Wish.MUTE)
        heard = await desk.front.receive(replace(message("m5", "how?"), kind=Kind.COMMAND))
        assert heard == Reception(is_question=False, notice="I've been asked to be silent here.")
        await desk.presses(Wish.UNMUTE)
        assert await desk.says("how?") == Answer("how?")
        await desk.turns.join()
