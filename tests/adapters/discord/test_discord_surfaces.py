"""Every way to ask on Discord, over sockets: what the desk is handed, and what people see."""

import asyncio

import pytest

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from tests.adapters.discord.listening import Listening, open_both, open_listening, settings_of
from tests.servers.discord.faults import Fault
from tests.servers.discord.permissions import Permission
from tests.servers.discord.records import Channel, ChannelKind, Tag
from tests.servers.discord.server import open_discord as open_server


def thread_on(listening: Listening, message: int) -> Channel | None:
    return listening.server.world.channels.get(message)


def texts(listening: Listening, channel: Channel | None) -> list[str]:
    """Return what the bot says there; a thread's first message only stands for the one that it was opened on."""
    assert channel is not None
    return [each.content for each in listening.server.of_bot(channel) if each.content]


async def answered(listening: Listening, text: str, reply: str = "An answer.") -> IncomingMessage:
    """Return the question with this text, once it has its answer."""
    question = await listening.desk.next(text)
    await listening.desk.answer(question, reply)
    return question


async def test_a_mention_is_answered_in_a_thread_titled_from_the_question() -> None:
    async with open_both() as listening:
        server = listening.server
        asked = await server.people.mentions(server.person, server.channel, "How do *refunds* work, @everyone?")
        await answered(listening, "How do *refunds* work, @everyone?")
        thread = thread_on(listening, asked.id)
        assert thread is not None
        assert thread.name == "How do refunds work, everyone?"
        assert texts(listening, thread) == ["An answer."]


async def test_a_follow_up_in_the_thread_goes_on_with_the_talk() -> None:
    async with open_both() as listening:
        server = listening.server
        asked = await server.people.mentions(server.person, server.channel, "how?")
        question = await answered(listening, "how?")
        thread = thread_on(listening, asked.id)
        assert thread is not None
        await server.people.says(server.person, thread, "and then?")
        follow_up = await listening.desk.next("and then?")
        assert follow_up.conversation_id == question.conversation_id
        assert (follow_up.kind, follow_up.thread_author) == (Kind.THREAD_REPLY, None)


async def test_a_public_command_shows_the_question_and_is_answered_in_its_thread() -> None:
    async with open_both() as listening:
        server = listening.server
        used = await server.people.command(server.person, server.channel, "support", question="how?")
        question = await answered(listening, "how?")
        assert used.original is not None
        assert used.original.content == "> how?"
        thread = thread_on(listening, used.original.id)
        assert thread is not None
        assert texts(listening, thread) == ["An answer."]
        await server.people.says(server.person, thread, "and then?")
        assert (await listening.desk.next("and then?")).conversation_id == question.conversation_id


async def test_after_a_restart_a_thread_on_a_response_still_belongs_to_its_talk() -> None:
    async with open_server() as server:
        async with open_listening(server) as first:
            used = await server.people.command(server.person, server.channel, "support", question="how?")
            question = await answered(first, "how?")
        async with open_listening(server) as second:
            assert used.original is not None
            thread = server.world.channels[used.original.id]
            server.faults.add(Fault("message.get", status=503))
            await server.people.says(server.person, thread, "and then?")
            assert (await second.desk.next("and then?")).conversation_id == question.conversation_id
            await server.people.command(server.person, thread, "support-new")
            wish = await second.desk.until(lambda all_: next((each for each in all_ if each.wish), None))
            assert (wish.wish, wish.conversation_id) == (Wish.NEW, question.conversation_id)
        assert len(server.world.syncs) == 1


async def test_a_question_whose_thread_was_never_opened_is_answered_in_it_by_the_next_process() -> None:
    async with open_server() as server:
        async with open_listening(server) as first:
            asked = await server.people.mentions(server.person, server.channel, "how?")
            question = await first.desk.next("how?")
        async with open_listening(server) as second:
            await second.desk.answer(question)
        assert server.world.channels[asked.id].name == "how?"


async def test_a_private_question_is_for_the_askers_eyes_alone() -> None:
    async with open_both() as listening:
        server = listening.server
        used = await server.people.command(server.person, server.channel, "support", question="how?", private=True)
        await answered(listening, "how?")
        assert used.original is not None
        assert (used.original.is_ephemeral, used.original.content) == (True, "An answer.")
        assert used.original.seen_only_by is server.person


async def test_a_question_in_a_direct_message_is_a_talk_of_its_own() -> None:
    async with open_both() as listening:
        server = listening.server
        await server.people.writes_to_bot(server.person, "how?")
        question = await answered(listening, "how?")
        dm = server.dm(server.person)
        assert (question.surface, question.conversation_id) == (Surface.DM, f"discord:dm:{dm.id}")
        used = await server.people.command(server.person, dm, "support", question="and then?")
        follow_up = await answered(listening, "and then?", "So.")
        assert follow_up.conversation_id == question.conversation_id
        assert used.original is not None
        assert used.original.content == "So."


async def test_a_user_install_answers_where_the_bot_is_no_member() -> None:
    async with open_both() as listening:
        server = listening.server
        elsewhere = server.world.add_guild("elsewhere", has_bot=False)
        person = server.world.add_person("stranger", elsewhere)
        channel = server.world.add_channel(elsewhere, "general")
        used = await server.people.command(person, channel, "support", question="how?")
        await answered(listening, "how?")
        assert used.original is not None
        assert used.original.content == "An answer."


async def test_a_message_can_be_asked_about_in_private() -> None:
    async with open_both() as listening:
        server = listening.server
        other = server.world.add_person("other", server.guild)
        said = await server.people.says(other, server.channel, "my invoice is wrong")
        used = await server.people.context_menu(server.person, "Ask Firstline", said)
        question = await answered(listening, "my invoice is wrong")
        assert question.author == str(server.person.id)
        assert used.original is not None
        assert used.original.is_ephemeral


async def test_a_forum_post_is_answered_and_marked_as_solved_by_whoever_opened_it() -> None:
    async with open_both() as listening:
        server = listening.server
        forum = server.world.add_channel(server.guild, "help", ChannelKind.FORUM)
        forum.tags.append(Tag(server.world.new_id(), "Solved"))
        post = await server.people.opens_forum_post(server.person, forum, "It broke", "the export fails")
        question = await answered(listening, "It broke\n\nthe export fails")
        assert question.is_addressed
        [answer] = server.of_bot(post)
        other = server.world.add_person("other", server.guild)
        await server.people.presses(other, answer, "Helpful")
        await server.people.reacts(server.person, answer, "👍")
        await server.until(lambda: post.applied_tags)


async def test_suggestions_come_while_people_type() -> None:
    async with open_both() as listening:
        server = listening.server
        offered = await server.people.autocomplete(server.person, server.channel, "support", "question", "refund")
        assert offered == ["refund", "How do refunds work?"]


async def test_a_button_works_after_a_restart_and_its_notice_is_private() -> None:
    async with open_server() as server:
        async with open_listening(server) as first:
            await server.people.mentions(server.person, server.channel, "how?")
            await answered(first, "how?")
        async with open_listening(server) as second:
            [answer] = [each for each in server.world.messages.values() if each.content == "An answer."]
            pressed = await server.people.presses(server.person, answer, answer.buttons[0].custom_id)
            wish = await second.desk.until(lambda all_: next((each for each in all_ if each.wish), None))
            assert wish.concerns == str(answer.id)
            await server.until(lambda: pressed.original)
            assert pressed.original is not None
            assert (pressed.original.content, pressed.original.is_ephemeral) == ("noted", True)


async def test_edits_deletions_and_reactions_come_after_what_they_concern() -> None:
    async with open_both() as listening:
        server = listening.server
        asked = await server.people.mentions(server.person, server.channel, "how?")
        await server.people.edits(asked, f"{server.bot.mention} why?")
        await server.people.reacts(server.person, asked, "❌")
        await server.people.deletes(asked)
        events = await listening.desk.until(lambda all_: all_ if len(all_) == 4 else None)
        assert [each.kind for each in events] == [Kind.MENTION, Kind.EDIT, Kind.REACTION, Kind.DELETE]
        assert {each.conversation_id for each in events} == {f"discord:{server.guild.id}:{asked.id}"}


async def test_an_edited_question_keeps_its_file() -> None:
    async with open_both() as listening:
        server = listening.server
        text = f"{server.bot.mention} wy?"
        asked = await server.people.says(server.person, server.channel, text, files={"log.txt": b"it broke"})
        await server.people.edits(asked, f"{server.bot.mention} why?")
        edit = await listening.desk.next("why?\n\nlog.txt:\n```\nit broke\n```")
        assert (edit.kind, edit.concerns) == (Kind.EDIT, str(asked.id))


async def test_without_the_intent_mentions_work_and_the_loss_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with open_server() as server, open_listening(server, settings_of(server, message_content=False)) as listening:
        asked = await server.people.mentions(server.person, server.channel, "how?")
        await answered(listening, "how?")
        thread = server.world.channels[asked.id]
        await server.people.says(server.person, thread, "and then?")
        await server.people.says(server.person, thread, "hello?")
        await server.people.mentions(server.person, thread, "and then?")
        await listening.desk.next("and then?")
        assert [each.text for each in listening.desk.received] == ["how?", "and then?"]
        assert len([record for record in caplog.records if "Message Content intent" in record.message]) == 1


async def test_a_question_that_cannot_be_taken_is_said_to_be_so() -> None:
    async with open_both() as listening:
        server = listening.server
        listening.desk.failures = 1
        used = await server.people.command(server.person, server.channel, "support", question="how?")
        await server.until(lambda: used.original)
        assert used.original is not None
        assert used.original.is_ephemeral
        assert "try again" in used.original.content
        await server.people.command(server.person, server.channel, "support", question="how?")
        await listening.desk.next("how?")


async def test_a_refused_question_gets_its_reason_in_private() -> None:
    async with open_both() as listening:
        server = listening.server
        listening.desk.is_open, listening.desk.notice = False, "I don't answer here."
        used = await server.people.command(server.person, server.channel, "support", question="how?")
        await server.until(lambda: used.original)
        assert used.original is not None
        assert (used.original.content, used.original.is_ephemeral) == ("I don't answer here.", True)


async def test_without_the_right_to_open_threads_the_channel_gets_the_answer() -> None:
    async with open_server() as server:
        for role in server.guild.roles.values():
            role.permissions &= ~Permission.CREATE_PUBLIC_THREADS
        async with open_listening(server) as listening:
            await server.people.mentions(server.person, server.channel, "how?")
            await answered(listening, "how?")
            assert texts(listening, server.channel) == ["An answer."]
            used = await server.people.command(server.person, server.channel, "support", question="and then?")
            await answered(listening, "and then?", "So.")
            assert used.original is not None
            assert used.original.content == "So."


async def test_an_answer_that_is_faster_than_its_response_waits_for_it() -> None:
    async with open_both() as listening:
        server = listening.server

        async def answer_at_once() -> None:
            await answered(listening, "how?")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer_at_once())
            used = await server.people.command(server.person, server.channel, "support", question="how?")
        assert used.original is not None
        assert texts(listening, thread_on(listening, used.original.id)) == ["An answer."]
