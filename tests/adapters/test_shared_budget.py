"""What all live replies of a platform promise together."""

import asyncio
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Address, TextReset
from adapters.errors import AdapterError, RateLimited, ResponseLost, Unreachable
from adapters.limits import Action, Limits, Scope, build_discord_limits, build_slack_limits
from tests.benchmarks.staleness_rig import Result, Rig, run_ours
from tests.fakes.live_chat import LiveChat, done, open_chat
from tests.fakes.virtual_time import run_virtual


def measure(limits: Limits, replies: int, *, words: int = 300) -> Result:
    return Rig(limits, limits.rules, replies, words=words, tells_allowance=True).run(run_ours)


def test_one_reply_on_slack_is_as_live_as_its_edits_allow() -> None:
    result = measure(build_slack_limits(), 1)
    assert result.unseen <= 11
    assert result.lag_p95 <= 1
    assert (result.refused, result.broken, result.max_messages) == (0, 0, 1)


def test_the_time_that_calls_take_does_not_make_frames_rarer() -> None:
    """Each word comes a fifth of a second later, which is ten words; the frames' distance must not grow as well."""
    limits = build_slack_limits()
    assert Rig(limits, limits.rules, 1, latency=0.2).run(run_ours).unseen <= 21


def test_ten_replies_on_slack_share_the_budget() -> None:
    result = measure(build_slack_limits(), 10)
    assert result.unseen <= 62
    assert result.lag_p95 <= 1
    assert result.first_p95 <= 1.5
    assert (result.refused, result.broken) == (0, 0)
    assert result.max_messages <= 3


def test_ten_replies_on_discord_are_independent() -> None:
    result = measure(build_discord_limits(), 10)
    assert result.unseen <= 24
    assert result.lag_p95 <= 1
    assert (result.refused, result.broken, result.max_messages) == (0, 0, 1)


def test_fifty_replies_on_discord_share_the_calls_of_the_bot() -> None:
    result = measure(build_discord_limits(), 50)
    assert result.unseen <= 30
    assert result.lag_p95 <= 1
    assert (result.refused, result.broken, result.max_messages) == (0, 0, 1)


def test_no_frame_is_made_that_would_wait_in_a_line_and_an_end_waits_for_none() -> None:
    async def run() -> LiveChat:
        async with open_chat(build_discord_limits()) as chat:
            chat.platform.calls_left = lambda: 0
            reply = chat.open_reply()
            await chat.stream(reply, "word " * 60, seconds=3)
            assert not chat.texts
            chat.platform.calls_left = lambda: 1
            await asyncio.sleep(1)
            assert chat.texts == [("word " * 60).strip()]
            chat.platform.calls_left = lambda: 0
            reply.show(done("word " * 70))
            await reply.wait()
            return chat

    assert run_virtual(run()).texts == [("word " * 70).strip()]


def test_in_overload_nothing_is_lost_and_who_ends_first_is_shown_first() -> None:
    result = measure(build_slack_limits(), 120, words=60)
    assert (result.refused, result.broken, result.overlaps) == (0, 0, 0)
    assert result.spread < 0.05


def write_numbered(rng: random.Random, number: int) -> str:
    ends = ["", ".", ".\n\n"]
    return " ".join(f"w{number}x{n:03d}{rng.choice(ends)}" for n in range(rng.randint(1, 150))).strip()


async def answer_through_crashes(chat: LiveChat, number: int, rng: random.Random) -> tuple[Address, str]:
    place = replace(chat, address=Address("sim", "team", f"c{number}"), stored={})
    text = write_numbered(rng, number)
    for attempt in range(1, rng.randint(1, 3)):
        crashed = place.open_reply(f"turn{number}", attempt=attempt, is_resumed=attempt > 1)
        await place.stream(crashed, text[: rng.randint(1, len(text))], seconds=rng.random() * 4)
        crashed.conclude("crash")
        await asyncio.sleep(1)
    reply = place.open_reply(f"turn{number}", attempt=3, is_resumed=True)
    if rng.random() < 0.3:
        await place.stream(reply, "void text of another model", seconds=rng.random() * 3)
        reply.show(TextReset("model failed"))
    await place.stream(reply, text, seconds=rng.random() * 6)
    if rng.random() < 0.2:
        reply.stop()
    else:
        reply.show(done(text))
    delivery = await reply.wait()
    assert delivery.error is None
    assert list(place.stored.values())[: len(delivery.references)] == list(delivery.references)
    return place.address, text


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(min_value=0))
def test_no_order_of_failures_resets_stops_and_restarts_loses_or_doubles_text(seed: int) -> None:
    rng = random.Random(seed)

    def fault(_action: Action, _number: int) -> AdapterError | None:
        failures = [RateLimited(rng.random() * 3, Scope.WORKSPACE), Unreachable(), ResponseLost()]
        return rng.choice(failures) if rng.random() < 0.2 else None

    async def run() -> None:
        async with open_chat(rng.choice([build_slack_limits(), build_discord_limits()]), fault=fault) as chat:
            async with asyncio.TaskGroup() as group:
                turns = [group.create_task(answer_through_crashes(chat, n, rng)) for n in range(rng.randint(1, 4))]
            assert chat.platform.overlaps == 0
            for address, text in (turn.result() for turn in turns):
                assert " ".join(chat.platform.visible(address)).split() == text.split()

    run_virtual(run())


def test_of_lost_responses_none_doubles_a_post() -> None:
    rng = random.Random(5)

    def fault(action: Action, _number: int) -> AdapterError | None:
        return ResponseLost() if action is Action.POST and rng.random() < 0.05 else None

    async def run() -> LiveChat:
        async with open_chat(fault=fault) as chat:
            for number in range(150):
                place = replace(chat, address=Address("sim", "team", f"c{number}"), stored={})
                reply = place.open_reply(f"turn{number}")
                reply.show(done(f"Answer {number}."))
                await reply.wait()
        return chat

    chat = run_virtual(run())
    assert chat.platform.calls > 150
    assert [shown.content.text for shown in chat.platform.messages] == [f"Answer {number}." for number in range(150)]
