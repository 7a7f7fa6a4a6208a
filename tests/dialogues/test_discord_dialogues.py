"""What people on Discord experience: the real program, the real clients, real sockets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.dialogues.discord_talk import DiscordTalk, Place, open_discord_talk
from tests.dialogues.slack_talk import PATIENCE
from tests.programs.serving import call
from tests.servers.discord.records import ChannelKind, Tag
from tests.servers.discord.server import open_discord
from tests.servers.discord.using import File
from tests.servers.model_server import Behaviour

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
    pytest.mark.long,
]

REFUND, WEBHOOK = "how long does a refund take?", "how do webhook retries work?"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DiscordTalk]:
    home = tmp_path_factory.mktemp("discord") / "home"
    async with open_discord_talk(home, FIRSTLINE_SUPPORT_CONTACT="help@example.org") as talk:
        yield talk


async def test_a_mention_opens_a_thread_with_one_answer_and_its_source(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    room = talk.channel()
    thread = await ann.mentions(room, REFUND)
    answer = await thread.is_answered()
    assert "within 5-10 business days" in answer.content
    assert "-# [1] Refunds" in answer.content
    assert answer.content.endswith("-# Billing")
    assert thread.channel.name == REFUND
    assert (len(thread.said()), talk.discord.of_bot(room)) == (1, [])


async def test_a_follow_up_needs_no_mention_until_others_join(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    thread = await ann.mentions(talk.channel(), REFUND)
    await thread.is_answered()
    await ann.writes(thread.channel, "and what about webhook retries?")
    assert "5 times over 24 hours" in (await thread.is_answered(2)).content
    await bob.writes(thread.channel, "I had that too")
    await ann.writes(thread.channel, "really?")
    await bob.mentions(thread.channel, WEBHOOK)
    await thread.is_answered(3)
    assert len(thread.said()) == 3


async def test_a_public_command_shows_the_question_and_is_answered_in_its_thread(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    room = talk.channel()
    thread = await ann.asks(room, REFUND)
    assert "business days" in (await thread.is_answered()).content
    assert [each.content for each in talk.discord.of_bot(room)] == [f"> {REFUND}"]
    assert thread.channel.name == REFUND
    await ann.writes(thread.channel, "and what about webhook retries?")
    assert "24 hours" in (await thread.is_answered(2)).content


async def test_a_command_reads_the_text_that_is_attached(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    log = File("log.txt", b"error 4711: the delivery of a webhook was refused")
    thread = await ann.asks(talk.channel(), "what is wrong here?", attachment=log)
    await thread.is_answered()
    assert "error 4711: the delivery" in str(talk.model.requests[-1].body)


async def test_private_answers_are_the_askers_alone_each_in_its_place_and_can_be_shared(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel()
    talk.model.behave(Behaviour(tokens_per_second=10))
    first = await ann.commands(room, "support", question=REFUND, private=True)
    others = [await ann.commands(room, "support", question=each, private=True) for each in (WEBHOOK, REFUND)]
    answer = await ann.sees_answer(first)
    assert "business days" in answer.content
    assert "24 hours" in (await ann.sees_answer(others[0])).content
    await ann.sees_answer(others[1])
    assert talk.discord.messages(room, seen_by=bob.user) == []
    assert "posting" in await ann.presses(answer, "Share with everyone")
    shared = await Place(talk, room.id).hears("within 5-10 business days")
    assert shared in talk.discord.messages(room, seen_by=bob.user)
    assert len(Place(talk, room.id).said()) == 1


async def test_common_questions_are_offered_while_somebody_types(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    room, complete = talk.channel(), talk.discord.people.autocomplete
    offered = await complete(ann.user, room, "support", "question", "")
    assert len(offered) > 5
    assert await complete(ann.user, room, "support", "question", offered[-1].casefold()[:-1]) == [
        offered[-1].casefold()[:-1],
        offered[-1],
    ]


async def test_starting_over_forgets_what_was_said_before(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    thread = await ann.mentions(talk.channel(), f"{REFUND} My order is number 4712.")
    await thread.is_answered()
    used = await ann.commands(thread.channel, "support-new")
    assert used.original is not None
    assert used.original.is_ephemeral
    await ann.writes(thread.channel, WEBHOOK)
    await thread.is_answered(2)
    assert "4712" not in str(talk.model.requests[-1].body)


async def test_in_private_and_as_a_reply_the_bot_is_asked_without_a_mention(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    direct = await ann.tells(REFUND)
    thread = await ann.mentions(talk.channel(), REFUND)
    answer = await thread.is_answered()
    await bob.writes(thread.channel, WEBHOOK, reply_to=answer)
    assert "24 hours" in (await thread.is_answered(2)).content
    assert "business days" in (await direct.is_answered()).content
    await ann.tells(WEBHOOK)
    assert "24 hours" in (await direct.is_answered(2)).content


async def test_a_message_is_asked_about_in_private(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    message = await bob.writes(talk.channel(), REFUND)
    used = await talk.discord.people.context_menu(ann.user, "Ask Firstline", message)
    assert "business days" in (await ann.sees_answer(used)).content


async def test_a_forum_post_is_answered_and_solved_by_whoever_opened_it(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    forum = talk.channel(ChannelKind.FORUM)
    forum.tags.append(Tag(talk.discord.world.new_id(), "Solved"))
    talk.discord.people.posting.tell_channel("CHANNEL_UPDATE", forum)
    opened = await talk.discord.people.opens_forum_post(ann.user, forum, "Money back", REFUND)
    post = Place(talk, opened.id)
    answer = await post.is_answered()
    assert "business days" in answer.content
    await bob.presses(answer, "Helpful")
    assert not opened.applied_tags
    assert "Thank" in await ann.presses(answer, "Helpful")
    await talk.discord.until(lambda: opened.applied_tags, timeout=PATIENCE)
    assert len(post.said()) == 1


@pytest.mark.parametrize("way", ["button", "reaction", "word"])
async def test_the_asker_stops_an_answer_and_its_text_stays(talk: DiscordTalk, way: str) -> None:
    ann = talk.person("ann")
    talk.model.behave(Behaviour(tokens_per_second=4))
    thread = await ann.mentions(talk.channel(), REFUND)
    live = await thread.sees_grow("Refunds are")
    if way == "button":
        await ann.presses(live, "Stop")
    elif way == "reaction":
        await talk.discord.people.reacts(ann.user, live, "❌")
    else:
        await ann.writes(thread.channel, "stop")
    stopped = await thread.hears("Stopped.")
    assert stopped.content.startswith("Refunds are")
    assert "business days of approval" not in stopped.content
    assert len(thread.said()) == 1


async def test_a_question_that_still_waits_is_edited_or_taken_back(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    thread = await ann.mentions(talk.channel(), REFUND)
    await thread.is_answered()
    talk.model.behave(Behaviour(tokens_per_second=10))
    await ann.mentions(thread.channel, REFUND)
    await talk.discord.until(lambda: len(thread.said()) == 2, timeout=PATIENCE)
    edited = await ann.writes(thread.channel, f"{REFUND} 4713")
    gone = await ann.writes(thread.channel, "and 4714?")
    await talk.discord.people.edits(edited, WEBHOOK)
    await talk.discord.people.deletes(gone)
    assert "24 hours" in (await thread.is_answered(3)).content
    assert len(thread.said()) == 3
    asked = str(talk.model.requests[-1].body)
    assert "4713" not in asked
    assert "4714" not in asked


async def test_criticism_is_thanked_for_in_private_with_the_way_to_a_person(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    thread = await ann.mentions(talk.channel(), REFUND)
    assert "Talk to a person" in await ann.presses(await thread.is_answered(), "Not helpful")
    assert len(thread.said()) == 1


@pytest.mark.parametrize("way", ["button", "command"])
async def test_a_person_is_fetched_once_and_the_bot_is_silent_until_it_is_given_back(
    talk: DiscordTalk, way: str
) -> None:
    ann, sam = talk.person("ann"), talk.person("sam")
    desk = Place(talk, next(each.id for each in talk.discord.world.channels.values() if each.name == "staff"))
    before = len(desk.said())
    thread = await ann.mentions(talk.channel(), REFUND)
    answer = await thread.is_answered()
    if way == "button":
        await ann.presses(answer, "Talk to a person")
    else:
        await ann.commands(thread.channel, "support-human")
    assert "already" in await ann.presses(answer, "Talk to a person")
    await talk.discord.until(lambda: len(desk.said()) > before, timeout=PATIENCE)
    notice = desk.said()[-1]
    assert "refund" in notice.content
    assert str(thread.id) in notice.content
    await thread.hears("support team to take over")
    await ann.mentions(thread.channel, "are you there?")
    await sam.presses(notice, "Give back to the bot")
    await thread.hears("has given this conversation back")
    await ann.mentions(thread.channel, WEBHOOK)
    assert "24 hours" in (await thread.is_answered(2)).content
    assert "are you there?" not in str([each.body["messages"][-1] for each in talk.model.requests])
    assert len(desk.said()) == before + 1


async def test_a_thread_is_read_when_the_bot_is_pulled_in(talk: DiscordTalk) -> None:
    ann, bob = talk.person("ann"), talk.person("bob")
    room = talk.channel()
    begun = await bob.writes(room, "our webhook has been disabled since yesterday")
    opened = await talk.discord.people.opens_thread(bob.user, room, "webhook", on=begun)
    await ann.writes(opened, "did you look at the signature?")
    thread = await bob.mentions(opened, "can you help us here?")
    await thread.is_answered()
    asked = str(talk.model.requests[-1].body)
    assert "our webhook has been disabled" in asked
    assert "did you look at the signature?" in asked


async def test_nobody_was_pinged_and_no_call_was_refused(talk: DiscordTalk) -> None:
    ann = talk.person("ann")
    thread = await ann.mentions(talk.channel(), f"say hello to @everyone <@&1>, {REFUND}")
    await thread.is_answered()
    assert [message.content for message, _ in talk.discord.pings()] == []
    refused = {(call.route, call.status, call.code) for call in talk.discord.calls() if call.status >= 400}
    assert not refused


async def test_the_doctor_finds_all_of_a_running_bot_fine(talk: DiscordTalk, tmp_path: Path) -> None:
    staff = next(each for each in talk.discord.world.channels.values() if each.name == "staff")
    more = {"FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true", "FIRSTLINE_DISCORD_SUPPORT_CHANNEL": str(staff.id)}
    code, printed = await call(tmp_path / "home", "doctor", "discord", **talk.discord.settings, **more)
    assert code == 0, printed
    assert {line.split(":")[0] for line in printed.splitlines()} == {
        f"  ok    {what}"
        for what in (
            "token",
            "message content",
            "interactions",
            "gateway",
            "commands",
            "servers",
            "support channel",
        )
    }


async def test_the_doctor_says_what_to_do_about_a_token_and_an_intent(tmp_path: Path) -> None:
    async with open_discord() as discord:
        discord.world.application.privileged = 0
        wrong = discord.settings | {"DISCORD_BOT_TOKEN": "wrong"}
        wanting = discord.settings | {"FIRSTLINE_DISCORD_MESSAGE_CONTENT": "true"}
        for surroundings, what, advice in (
            (wrong, "token", "into DISCORD_BOT_TOKEN."),
            (wanting, "message content", "unset FIRSTLINE_DISCORD_MESSAGE_CONTENT."),
        ):
            code, printed = await call(tmp_path / "home", "doctor", "discord", **surroundings)
            assert code == 1, printed
            _, found, after = printed.partition(f" MEND   {what}:")
            assert found, printed
            to_mend = after.splitlines()[1]
            assert to_mend.endswith(advice)
            assert "wrong" not in printed
