"""What people see beside answers: home tab, prompts, notices; each after Slack has been told "received"."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.contract import Address, Content, Kind, Surface, Wish
from adapters.desk import Field, Reception, Talk, Welcome
from adapters.slack import actions
from adapters.slack.interactions import ASK_SHORTCUT
from tests.adapters.slack.slack_rig import Rig, open_rig
from tests.fakes.front_desk import DatabaseGone
from tests.servers.slack.faults import Hold, Refuse

FIELDS = (Field("Billing", "Plans", ("What does Pro cost?", "Refunds?")), Field("General", "Else", ("Who are you?",)))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig() as opened:
        yield opened


async def test_the_home_tab_shows_the_persons_own_conversations_with_links(rig: Rig) -> None:
    ts = await rig.server.says(rig.ann, rig.channel, "How?")
    await rig.until_settled()
    place = Address("slack", rig.server.team.id, rig.channel.id, ts)
    gone = Address("slack", rig.server.team.id, rig.channel.id, "1.2")
    rig.desk.shown = Welcome(
        "Acme", FIELDS, "help@acme.example", (Talk(place, "Billing", 9.0, ts), Talk(gone, "Old", 1.0, "1.2"))
    )
    await rig.server.opens_home(rig.ann)
    await rig.server.until(lambda: rig.ann.id in rig.server.team.views)
    shown = str(rig.server.team.views[rig.ann.id]["blocks"])
    assert f"p{ts.replace('.', '')}|Billing>" in shown
    assert "• Old" in shown
    assert rig.desk.guests == [rig.ann.id]


async def test_links_are_fetched_side_by_side_a_few_at_a_time(rig: Rig) -> None:
    place = Address("slack", rig.server.team.id, rig.channel.id)
    rig.desk.shown = Welcome("Acme", FIELDS, None, tuple(Talk(place, "Talk", 9.0, f"1.{n}") for n in range(1, 13)))
    release = asyncio.Event()
    rig.server.faults.plan("chat.getPermalink", Hold(release), times=None)

    def linking() -> int:
        return sum(call.method == "chat.getPermalink" for call in rig.server.calls)

    await rig.server.opens_home(rig.ann)
    await rig.server.until(lambda: linking() >= 10)
    assert linking() == 10
    release.set()
    await rig.server.until(lambda: rig.ann.id in rig.server.team.views)
    assert linking() == 12


async def test_the_messages_tab_suggests_questions(rig: Rig) -> None:
    rig.desk.shown = Welcome("Acme", FIELDS)
    await rig.server.opens_home(rig.ann, "messages")
    dm = rig.server.dm(rig.ann)
    prompts = await rig.server.until(lambda: rig.server.prompts.get((dm.id, "")))
    assert prompts == ["What does Pro cost?", "Who are you?", "Refunds?"]


async def test_a_home_tab_that_slack_refuses_stops_nothing(rig: Rig) -> None:
    rig.server.faults.plan("views.publish", Refuse("not_enabled"))
    await rig.server.opens_home(rig.ann)
    await rig.server.until(lambda: rig.server.faults.struck)
    await rig.server.opens_home(rig.ann)
    await rig.server.until(lambda: rig.ann.id in rig.server.team.views)


async def test_a_home_tab_for_which_the_database_fails_stops_nothing_and_quotes_nobody(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.desk.unwelcoming.append(DatabaseGone("could not read 'My password is hunter2'"))
    await rig.server.opens_home(rig.ann)
    await rig.server.opens_home(rig.ann)
    await rig.server.until(lambda: rig.ann.id in rig.server.team.views)
    assert "showing the home tab failed: DatabaseGone" in caplog.text
    assert "hunter2" not in caplog.text


async def test_slacks_own_stop_button_stops_the_thread(rig: Rig) -> None:
    dm = rig.server.dm(rig.ann)
    ts = await rig.server.says(rig.ann, dm, "Go on")
    await rig.server.stops_session(rig.ann, dm, ts)
    await rig.until_settled()
    question, stop = rig.desk.received
    assert (stop.wish, stop.surface) == (Wish.STOP, Surface.DM)
    assert stop.conversation_id == question.conversation_id


async def test_the_shortcut_asks_with_anothers_words_and_its_notice_is_for_one_persons_eyes(rig: Rig) -> None:
    bob = rig.server.world.add_user(rig.server.team, "bob")
    rig.channel.members.add(bob.id)
    ts = await rig.server.says(bob, rig.channel, "The export hangs")
    await rig.until_settled()
    rig.desk.reception = Reception(notice="I don't answer here.")
    await rig.server.shortcut(rig.ann, ASK_SHORTCUT, rig.server.messages(rig.channel)[-1])
    whispered = await rig.server.until(lambda: rig.server.ephemerals(rig.ann))
    assert [shown.text for shown in whispered] == ["I don't answer here."]
    assert rig.server.ephemerals(bob) == []
    asked = rig.desk.received[-1]
    assert (asked.kind, asked.author, asked.text) == (Kind.COMMAND, rig.ann.id, "The export hangs")
    assert asked.address.thread == ts


async def test_a_command_asks_in_private_and_what_is_said_of_it_stays_there(rig: Rig) -> None:
    rig.desk.reception = Reception(notice="Please ask in #help.")
    await rig.server.commands(rig.ann, rig.channel, "/support", "how do I export?")
    whispered = await rig.server.until(lambda: rig.server.ephemerals(rig.ann))
    assert [shown.text for shown in whispered] == ["Please ask in #help."]
    assert rig.server.messages(rig.channel) == []
    assert rig.desk.received[0].conversation_id.endswith(f":~{rig.ann.id}")


async def test_feedback_is_thanked_for_quietly_in_the_thread(rig: Rig) -> None:
    ts = await rig.server.says(rig.ann, rig.channel, "How?")
    await rig.until_settled()
    place = Address("slack", rig.server.team.id, rig.channel.id, ts)
    answer = (await rig.platform.post(place, Content("Like this."), key="turn:0")).reference
    rig.desk.reception = Reception(notice="Thank you.")
    await rig.server.presses(rig.ann, rig.server.replies(rig.channel, ts)[0], actions.HELPFUL)
    whispered = await rig.server.until(lambda: rig.server.ephemerals(rig.ann))
    assert [(shown.text, shown.thread_ts) for shown in whispered] == [("Thank you.", ts)]
    press = rig.desk.received[-1]
    assert (press.wish, press.concerns, press.address) == (Wish.HELPFUL, answer.message, place)
    assert [shown.text for shown in rig.server.replies(rig.channel, ts)] == ["Like this."]


async def test_a_notice_takes_another_way_when_the_response_url_is_used_up(rig: Rig) -> None:
    ts = await rig.server.says(rig.ann, rig.channel, "How?")
    await rig.until_settled()
    place = Address("slack", rig.server.team.id, rig.channel.id, ts)
    await rig.platform.post(place, Content("Like this."), key="turn:0")
    rig.desk.reception = Reception(notice="Thank you.")
    rig.desk.is_open.clear()
    await rig.server.presses(rig.ann, rig.server.replies(rig.channel, ts)[0], actions.HELPFUL)
    rig.server.responses.openings[-1].uses = 5
    rig.desk.is_open.set()
    whispered = await rig.server.until(lambda: rig.server.ephemerals(rig.ann))
    assert [(shown.text, shown.thread_ts) for shown in whispered] == [("Thank you.", ts)]


async def test_sharing_names_the_turn_and_the_public_place(rig: Rig) -> None:
    await rig.server.commands(rig.ann, rig.channel, "/support", "how?")
    await rig.until_settled()
    question = rig.desk.received[-1]
    await rig.platform.post(question.address, Content("Like this."), key="turn7:0")
    await rig.server.presses(rig.ann, rig.server.ephemerals(rig.ann)[-1], actions.SHARE)
    await rig.until_settled()
    share = rig.desk.received[-1]
    assert (share.wish, share.concerns) == (Wish.SHARE, "turn7")
    assert share.conversation_id == question.conversation_id
    assert share.address == Address("slack", rig.server.team.id, rig.channel.id)


async def test_the_stop_reaction_on_an_answer_names_the_answer(rig: Rig) -> None:
    ts = await rig.server.says(rig.ann, rig.channel, "How?")
    await rig.until_settled()
    place = Address("slack", rig.server.team.id, rig.channel.id, ts)
    answer = (await rig.platform.post(place, Content("Like"), key="turn:0")).reference
    await rig.server.reacts(rig.ann, rig.channel, answer.message, "x")
    await rig.until_settled()
    stop = rig.desk.received[-1]
    assert (stop.kind, stop.wish, stop.concerns) == (Kind.REACTION, Wish.STOP, answer.message)
