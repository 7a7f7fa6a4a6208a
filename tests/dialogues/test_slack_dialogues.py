"""What people on Slack experience: the real program, the real clients, real sockets."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.dialogues.slack_talk import PATIENCE, SlackTalk, Thread, open_slack_talk
from tests.servers.model_server import Behaviour
from tests.servers.slack.shapes import mention_event
from tests.servers.slack.world import Kind

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
    pytest.mark.long,
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SlackTalk]:
    home = tmp_path_factory.mktemp("slack") / "home"
    async with open_slack_talk(
        home, FIRSTLINE_SLACK_SUPPORT_CHANNEL="C000009999", FIRSTLINE_SUPPORT_CONTACT="help@example.org"
    ) as talk:
        yield talk


@pytest.mark.parametrize("kind", [Kind.PUBLIC, Kind.PRIVATE, Kind.GROUP_DM])
async def test_a_mention_is_answered_once_in_its_thread_with_its_source(talk: SlackTalk, kind: Kind) -> None:
    ann = talk.person("ann")
    room = talk.channel(ann, kind=kind)
    thread = await ann.mentions(room, "how long does a refund take?")
    answer = await thread.is_answered()
    assert "within 5-10 business days" in answer.text
    assert answer.context[0] == "Billing"
    assert "Refunds" in " ".join(answer.context[1:])
    assert len(thread.said()) == 1


async def test_a_follow_up_needs_no_mention_until_others_join(talk: SlackTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel(ann, bob)
    thread = await ann.mentions(room, "how long does a refund take?")
    await thread.is_answered()
    await ann.writes(room, "and what about webhook retries?", thread=thread)
    assert "5 times over 24 hours" in (await thread.is_answered(2)).text
    await bob.writes(room, "I had that too", thread=thread)
    await ann.writes(room, "really?", thread=thread)
    await bob.mentions(room, "what about webhook retries?", thread=thread)
    await thread.is_answered(3)
    assert len(thread.said()) == 3


async def test_in_private_each_message_begins_a_thread(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    first, second = await ann.tells("how long does a refund take?"), await ann.tells("how do webhook retries work?")
    assert "business days" in (await first.is_answered()).text
    assert "24 hours" in (await second.is_answered()).text


async def test_a_command_is_answered_for_the_asker_alone_and_can_be_shared(talk: SlackTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel(ann, bob)
    await ann.commands(room, "how long does a refund take?")
    answer = await ann.sees_soon("within 5-10 business days")
    assert not bob.sees()
    assert not talk.slack.messages(room)
    await talk.slack.until(lambda: "firstline_share" in str(ann.sees()[-1].buttons), timeout=PATIENCE)
    answer = ann.sees()[-1]
    await ann.presses(answer, "firstline_share")
    await talk.slack.until(lambda: talk.slack.messages(room), timeout=PATIENCE)
    (shared,) = talk.slack.messages(room)
    assert "within 5-10 business days" in shared.text
    await ann.presses(answer, "firstline_share")
    await ann.sees_soon("has been posted for everyone already")
    assert len(talk.slack.messages(room)) == 1
    assert not [ping for ping in talk.slack.pings() if ping.channel == room.id]


async def test_help_says_what_can_be_asked_and_how_to_reach_a_person(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    said = await ann.commands(talk.channel(ann), "help")
    assert "Billing" in said
    assert "help@example.org" in said


async def test_the_home_tab_shows_fields_and_the_last_conversations(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    await (await ann.tells("how long does a refund take?")).is_answered()
    await talk.slack.opens_home(ann.user)
    await talk.slack.until(lambda: talk.slack.home(ann.user), timeout=PATIENCE)
    home = talk.slack.home(ann.user)
    assert "Technical" in home
    assert "Billing" in home
    assert "help@example.org" in home


async def test_the_messages_tab_suggests_questions(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    await talk.slack.opens_home(ann.user, "messages")
    await talk.slack.until(lambda: talk.slack.prompts, timeout=PATIENCE)


async def test_a_shortcut_answers_below_the_message(talk: SlackTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel(ann, bob)
    thread = await bob.writes(room, "how long does a refund take?")
    (message,) = talk.slack.messages(room)
    await talk.slack.shortcut(ann.user, "firstline_ask", message)
    assert "business days" in (await thread.is_answered()).text


@pytest.mark.parametrize("way", ["button", "reaction", "session", "word"])
async def test_the_asker_stops_an_answer_and_its_text_stays(talk: SlackTalk, way: str) -> None:
    ann = talk.person("ann")
    room = talk.channel(ann)
    talk.model.behave(Behaviour(tokens_per_second=4))
    thread = await ann.mentions(room, "how long does a refund take?")
    live = await thread.sees_grow("Refunds are")
    if way == "button":
        await ann.presses(live, "firstline_stop")
    elif way == "reaction":
        await talk.slack.reacts(ann.user, room, live.ts, "x")
    elif way == "session":
        await talk.slack.stops_session(ann.user, room, thread.ts)
    else:
        await ann.writes(room, "stop", thread=thread)
    stopped = await thread.hears("Stopped.")
    assert stopped.text.startswith("Refunds are")
    assert "business days of approval" not in stopped.text
    assert len(thread.said()) == 1


async def test_a_question_that_still_waits_is_edited_or_taken_back(talk: SlackTalk) -> None:
    ann, slack = talk.person("ann"), talk.slack
    room = talk.channel(ann)
    # At once, so that a slow machine has not begun with the answer yet.
    edited = await slack.mentions(ann.user, room, "how long does a refnud take?")
    await slack.edits(room, edited, f"<@{slack.team.bot.id}> how do webhook retries work?")
    gone = await slack.mentions(ann.user, room, "how long does a refund take?")
    await slack.deletes(room, gone)
    assert "24 hours" in (await Thread(talk, room, edited).is_answered()).text
    await (await ann.mentions(room, "how long does a refund take?")).is_answered()
    assert not Thread(talk, room, gone).said()


async def test_a_question_that_is_delivered_late_is_taken_as_it_is_by_then(talk: SlackTalk) -> None:
    ann, slack = talk.person("ann"), talk.slack
    room = talk.channel(ann)
    edited, gone = [await slack.mentions(ann.user, room, "how long does a refund take?", deliver=()) for _ in range(2)]
    late = [mention_event(room.messages[ts], room, slack.team) for ts in (gone, edited)]
    await slack.edits(room, edited, f"<@{slack.team.bot.id}> how do webhook retries work?")
    await slack.deletes(room, gone)
    await talk.is_received()
    for event in late:
        slack.tell(slack.team, event)
        await talk.is_received()
    answer = await Thread(talk, room, edited).is_answered()
    assert "5 times over 24 hours" in answer.text
    assert len([each for each in room.messages.values() if each.bot_id]) == 1


async def test_feedback_is_thanked_for_in_private(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    room = talk.channel(ann)
    thread = await ann.mentions(room, "how long does a refund take?")
    await ann.presses(await thread.is_answered(), "firstline_helpful")
    await ann.sees_soon("Thank")
    assert len(thread.said()) == 1


async def test_a_person_is_fetched_once_and_the_bot_is_silent_until_it_is_given_back(talk: SlackTalk) -> None:
    ann, sam = talk.person("ann"), talk.person("sam")
    room = talk.channel(ann, sam)
    desk = talk.slack.add_channel("support", sam.user)
    talk.slack.world.channels["C000009999"] = desk
    desk.id = "C000009999"
    thread = await ann.mentions(room, "how long does a refund take?")
    answer = await thread.is_answered()
    await ann.presses(answer, "firstline_person")
    await ann.presses(answer, "firstline_person")
    await talk.slack.until(lambda: talk.slack.messages(desk), timeout=PATIENCE)
    (notice,) = talk.slack.messages(desk)
    assert "refund" in notice.text
    await thread.hears("support")
    said = len(thread.said())
    await ann.mentions(room, "are you there?", thread=thread)
    await sam.presses(notice, "firstline_resume")
    await talk.slack.until(lambda: len(thread.said()) > said, timeout=PATIENCE)
    await ann.mentions(room, "how do webhook retries work?", thread=thread)
    await thread.hears("24 hours")
    assert len(talk.slack.messages(desk)) == 1
    assert not talk.slack.pings()


async def test_a_thread_is_read_when_the_bot_is_pulled_in(talk: SlackTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel(ann, bob)
    thread = await bob.writes(room, "our webhook has been disabled since yesterday")
    await ann.writes(room, "did you look at the signature?", thread=thread)
    await bob.mentions(room, "can you help us here?", thread=thread)
    await thread.is_answered()
    asked = str(talk.model.requests[-1].body)
    assert "our webhook has been disabled" in asked
    assert "did you look at the signature?" in asked


async def test_nothing_comes_back_as_input_and_nobody_was_pinged(talk: SlackTalk) -> None:
    ann = talk.person("ann")
    thread = await ann.mentions(talk.channel(ann), "say hello to <!channel> @here, how long does a refund take?")
    await thread.is_answered()
    assert not talk.slack.pings()
    failed = {(call.method, call.outcome) for call in talk.slack.calls if call.outcome != "ok"}
    assert failed <= {("assistant.threads.setStatus", "invalid_thread_ts")}  # of the question that was deleted
