"""What reaches the front desk from a real socket, and when Slack is told so."""

import logging

import pytest

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from adapters.desk import Reception
from tests.adapters.slack.slack_payloads import read_samples
from tests.adapters.slack.slack_rig import Rig, open_rig
from tests.fakes.front_desk import DatabaseGone, RecordingDesk
from tests.servers.slack.deliveries import COMMAND, EVENT, INTERACTIVE, Delivery, State
from tests.servers.slack.world import Kind as Place

PAYLOADS = {each.name: each.payload for each in read_samples()}


def send(rig: Rig, kind: str, name: str) -> Delivery:
    """Let Slack send a kept payload."""
    return rig.server.deliveries.add(Delivery(kind, PAYLOADS[name]))


async def test_a_mention_reaches_the_desk_as_one_message_under_both_of_its_names() -> None:
    async with open_rig() as rig:
        ts = await rig.server.mentions(rig.ann, rig.channel, "How do I log in?")
        await rig.until_settled()
        team = rig.server.team.id
        assert {message.id for message in rig.desk.received} == {f"slack:{team}:{rig.channel.id}:{ts}"}
        assert len(rig.desk.received) == 2
        assert {(message.kind, message.text) for message in rig.desk.received} == {(Kind.MENTION, "How do I log in?")}


async def test_a_direct_message_begins_a_conversation_of_its_own_and_goes_on_in_its_thread() -> None:
    async with open_rig() as rig:
        dm = rig.server.world.dm(rig.server.team, rig.ann)
        first = await rig.server.says(rig.ann, dm, "Hello")
        await rig.server.says(rig.ann, dm, "Something else")
        await rig.server.says(rig.ann, dm, "and more", thread_ts=first)
        await rig.until_settled()
        talks = {message.text: message.conversation_id for message in rig.desk.received}
        assert talks["Hello"] == talks["and more"] != talks["Something else"]
        assert {message.surface for message in rig.desk.received} == {Surface.DM}


@pytest.mark.parametrize("kind", [Place.PUBLIC, Place.PRIVATE, Place.GROUP_DM])
async def test_a_mention_is_heard_wherever_several_people_talk_and_so_are_those_who_follow_up(kind: Place) -> None:
    async with open_rig() as rig:
        room = rig.server.world.add_channel(rig.server.team, "room", kind, [rig.ann, rig.server.team.bot])
        ts = await rig.server.mentions(rig.ann, room, "How?")
        await rig.server.says(rig.ann, room, "And then?", thread_ts=ts)
        await rig.until_settled()
        heard = {message.id: message for message in rig.desk.received}.values()
        assert [(message.kind, message.surface) for message in heard] == [
            (Kind.MENTION, Surface.CHANNEL),
            (Kind.THREAD_REPLY, Surface.THREAD),
        ]
        assert {message.conversation_id for message in heard} == {f"slack:{rig.server.team.id}:{room.id}:{ts}"}


async def test_slack_is_told_received_only_after_the_desk_has_it() -> None:
    async with open_rig() as rig:
        rig.desk.is_open.clear()
        await rig.server.mentions(rig.ann, rig.channel, "Safe?", deliver=("message",))
        await rig.desk.is_asked.wait()
        overtaking = send(rig, EVENT, "unknown_event")  # not for the desk: answered at once, and after any early word
        await rig.server.until(lambda: overtaking.state is State.RECEIVED)
        connection = rig.server.sockets.open[0]
        assert [each["envelope_id"] for each in connection.heard] == overtaking.envelopes
        rig.desk.is_open.set()
        await rig.until_settled()
        assert len(connection.heard) == 2


async def test_what_the_desk_could_not_keep_is_delivered_again_and_never_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_rig() as rig:
        rig.server.deliveries.timings.acknowledgement = 0.05
        rig.desk.failures.append(DatabaseGone("could not write 'My password is hunter2'"))
        with caplog.at_level(logging.DEBUG):
            await rig.server.mentions(rig.ann, rig.channel, "My password is hunter2", deliver=("message",))
            await rig.until_settled()
        assert rig.desk.texts == ["My password is hunter2"]
        assert "DatabaseGone" in caplog.text
        ours = [record for record in caplog.records if record.name.startswith(("adapters", "slack"))]
        assert not any("hunter2" in record.getMessage() or "hunter2" in str(record.exc_info) for record in ours)


async def test_a_redelivered_event_is_taken_and_never_dropped_for_its_header() -> None:
    async with open_rig() as rig:
        event = PAYLOADS["app_mention"]
        rig.server.deliveries.add(Delivery(EVENT, event, retry=3, reason="timeout"))
        await rig.until_settled()
        assert rig.desk.texts == ["How do I reset my password?"]


async def test_our_own_edits_and_notes_of_slack_do_not_come_back_as_input() -> None:
    async with open_rig() as rig:
        for name in ("edit_of_ours", "deletion_of_ours", "channel_topic", "edit_by_unfurl", "unknown_event"):
            send(rig, EVENT, name)
        await rig.until_settled()
        assert {each.state for each in rig.server.deliveries.all} == {State.RECEIVED}
        assert rig.desk.received == []


async def test_edits_deletions_and_the_stop_reaction_name_the_message_that_they_are_about() -> None:
    async with open_rig() as rig:
        ts = await rig.server.says(rig.ann, rig.channel, "How?")
        await rig.server.edits(rig.channel, ts, "How much?")
        await rig.server.reacts(rig.ann, rig.channel, ts, "x")
        await rig.server.deletes(rig.channel, ts)
        await rig.until_settled()
        by_kind = {message.kind: message for message in rig.desk.received}
        question = by_kind[Kind.MESSAGE].id
        assert {kind: message.concerns for kind, message in by_kind.items()} == {
            Kind.MESSAGE: "",
            Kind.EDIT: question,
            Kind.REACTION: question,
            Kind.DELETE: question,
        }
        assert by_kind[Kind.EDIT].text == "How much?"
        assert by_kind[Kind.REACTION].wish is Wish.STOP


class DawdlingDesk(RecordingDesk):
    """Keeps the first question waiting until `is_open`, and nothing that comes after it."""

    async def receive(self, message: IncomingMessage) -> Reception:
        """Write an event down."""
        self.is_asked.set()
        if message.kind is Kind.MENTION:
            await self.is_open.wait()
        self.received.append(message)
        return self.reception


async def test_a_question_is_kept_before_its_edit_and_before_what_follows_it() -> None:
    desk = DawdlingDesk()
    desk.is_open.clear()
    async with open_rig(desk=desk) as rig:
        ts = await rig.server.mentions(rig.ann, rig.channel, "How long?", deliver=("app_mention",))
        await desk.is_asked.wait()
        await rig.server.says(rig.ann, rig.channel, "and how much?", thread_ts=ts)
        await rig.server.edits(rig.channel, ts, "How wide?")
        await rig.server.says(rig.ann, rig.channel, "elsewhere")
        await rig.server.until(lambda: desk.received)
        assert desk.texts == ["elsewhere"]
        desk.is_open.set()
        await rig.until_settled()
        assert desk.texts == ["elsewhere", "How long?", "and how much?", "How wide?"]


async def test_a_command_is_acknowledged_without_a_word_when_an_answer_follows() -> None:
    async with open_rig() as rig:
        sent = send(rig, COMMAND, "command_question")
        await rig.until_settled()
        assert (sent.state, sent.answer) == (State.RECEIVED, None)
        assert rig.desk.texts == ["how do I export?"]


async def test_a_notice_for_a_command_comes_with_its_acknowledgement_and_pings_nobody() -> None:
    async with open_rig() as rig:
        rig.desk.reception = Reception(notice="Only staff <!here> & co.")
        sent = send(rig, COMMAND, "command_resume")
        await rig.until_settled()
        assert sent.answer == {"response_type": "ephemeral", "text": "Only staff &lt;!here&gt; &amp; co."}


async def test_a_call_for_help_is_answered_at_once_and_asks_nothing() -> None:
    async with open_rig() as rig:
        sent = send(rig, COMMAND, "command_help")
        await rig.until_settled()
        assert sent.answer is not None
        assert "/support stop" in sent.answer["text"]
        assert rig.desk.received == []


async def test_a_command_that_the_desk_cannot_keep_is_not_acknowledged() -> None:
    async with open_rig() as rig:
        rig.server.deliveries.timings.acknowledgement = 0.05
        rig.desk.failures.append(DatabaseGone())
        sent = send(rig, COMMAND, "command_question")
        await rig.until_settled()
        assert sent.state is State.GIVEN_UP  # the person sees that it failed, and nothing is lost in silence


async def test_a_button_and_the_shortcut_reach_the_desk() -> None:
    async with open_rig() as rig:
        send(rig, INTERACTIVE, "press_helpful")
        send(rig, INTERACTIVE, "shortcut")
        await rig.until_settled()
        assert {message.kind: message.wish for message in rig.desk.received} == {
            Kind.BUTTON: Wish.HELPFUL,
            Kind.COMMAND: None,
        }


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "event_callback", "team_id": 7, "event": []},
        {"type": "event_callback", "event": {"type": "message", "channel": {"id": 3}}},
        {"type": "event_callback", "authorizations": 5, "event": {"type": ["message"]}},
        {"type": "block_actions", "user": "ann", "team": 3, "actions": {}},
    ],
)
async def test_a_payload_of_another_shape_breaks_nothing(payload: dict[str, object]) -> None:
    async with open_rig() as rig:
        rig.server.deliveries.timings.acknowledgement = 0.05
        rig.server.deliveries.timings.retries = ()
        rig.server.deliveries.add(Delivery(INTERACTIVE, payload))
        await rig.server.sockets.open[0].socket.send_str("no JSON")
        await rig.server.mentions(rig.ann, rig.channel, "Still there?", deliver=("message",))
        await rig.server.until(lambda: rig.desk.texts == ["Still there?"])
