"""The loopback Slack's Web API, met with Slack's own client."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.manual_clock import ManualClock
from tests.servers.slack.faults import EVERY, Broken, Fault, Limited, Lost, Malformed, Refuse, Reset
from tests.servers.slack.limits import Rate, RateLimits
from tests.servers.slack.manifest import ALL_SCOPES
from tests.servers.slack.refusal import RateLimited
from tests.servers.slack.server import SlackServer
from tests.servers.slack.world import Channel, Kind, User

NO_RETRIES: list[AsyncRetryHandler] = []


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def slack(clock: ManualClock) -> AsyncIterator[SlackServer]:
    async with SlackServer(clock=clock.now, scopes=ALL_SCOPES) as slack:
        yield slack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: SlackServer, session: aiohttp.ClientSession) -> AsyncWebClient:
    return client_of(slack, session, slack.team.bot_token)


@pytest.fixture
def ada(slack: SlackServer) -> User:
    return slack.add_user("ada")


@pytest.fixture
def support(slack: SlackServer, ada: User) -> Channel:
    return slack.add_channel("support", ada)


def client_of(slack: SlackServer, session: aiohttp.ClientSession, token: str) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.api_url, session=session, retry_handlers=NO_RETRIES)


async def error_of(client: AsyncWebClient, method: str, arguments: Mapping[str, Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=dict(arguments))
    return str(caught.value.response["error"])


async def test_a_reply_stands_in_its_thread_and_carries_its_metadata_only_for_those_who_ask(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    root = await slack.says(ada, support, "Where is <https://x.example|the page>?")
    mark = {"event_type": "turn", "event_payload": {"key": "k1"}}
    posted = await client.chat_postMessage(channel=support.id, thread_ts=root, text="Hello &lt;you&gt;", metadata=mark)
    assert posted["message"]["thread_ts"] == root

    with_it = await client.conversations_replies(channel=support.id, ts=root, include_all_metadata=True)
    without = await client.conversations_replies(channel=support.id, ts=root)
    assert with_it["messages"][1]["metadata"] == mark
    assert "metadata" not in without["messages"][1]
    assert with_it["messages"][0]["reply_count"] == 1
    history = await client.conversations_history(channel=support.id)
    assert [each["ts"] for each in history["messages"]] == [root]
    assert [each.text for each in slack.messages(support, root)] == ["Where is the page?", "Hello <you>"]


async def test_pages_of_a_thread_lead_to_each_other(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    root = await slack.says(ada, support, "0")
    for number in range(1, 5):
        await slack.says(ada, support, str(number), thread_ts=root)
    read = [
        message["text"]
        async for page in await client.conversations_replies(channel=support.id, ts=root, limit=2)
        for message in page["messages"]
    ]
    assert read == ["0", "1", "2", "3", "4"]


async def test_an_edit_without_blocks_takes_the_old_ones_away(
    slack: SlackServer, client: AsyncWebClient, support: Channel
) -> None:
    blocks = [{"type": "markdown", "text": "**bold**"}]
    posted = await client.chat_postMessage(channel=support.id, text="bold", blocks=blocks)
    assert slack.messages(support)[0].text == "**bold**"
    await client.chat_update(channel=support.id, ts=posted["ts"], text="plain")
    shown = slack.messages(support)[0]
    assert (shown.text, shown.raw_blocks, shown.edits) == ("plain", (), 1)


def buttons(count: int = 1, **more: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": more.pop("label", "Yes")}
    each = [{"type": "button", "text": text, "action_id": f"a{number}", **more} for number in range(count)]
    return {"type": "actions", "elements": each}


def section(size: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * size}}


FITS: list[tuple[str, dict[str, Any]]] = [
    ("chat.postMessage", {"text": "x", "blocks": [section(3_000), buttons(25, value="v" * 2_000, label="l" * 75)]}),
    ("chat.postMessage", {"text": "x", "blocks": [{"type": "markdown", "text": "x" * 12_000}]}),
    ("chat.postMessage", {"markdown_text": "x" * 12_000}),
    ("chat.update", {"text": "x" * 4_000}),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("chat.postMessage", {}, "no_text"),
    ("chat.postMessage", {"markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
    ("chat.postMessage", {"markdown_text": "x" * 12_001}, "msg_too_long"),
    ("chat.postMessage", {"blocks": [{"type": "markdown", "text": "x" * 12_001}]}, "msg_too_long"),
    (
        "chat.postMessage",
        {"blocks": [{"type": "markdown", "text": "x" * 11_000}, section(2_500)]},
        "msg_blocks_too_long",
    ),
    ("chat.postMessage", {"blocks": [section(3_001)]}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [section(1)] * 51}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [buttons(26)]}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [buttons(value="v" * 2_001)]}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [buttons(label="l" * 76)]}, "invalid_blocks"),
    ("chat.postMessage", {"blocks": [{"type": "poem"}]}, "invalid_blocks"),
    ("chat.update", {"text": "x" * 4_001}, "msg_too_long"),
]


@pytest.mark.parametrize(("method", "arguments"), FITS)
async def test_what_is_just_small_enough_is_taken(
    client: AsyncWebClient, support: Channel, method: str, arguments: dict[str, Any]
) -> None:
    posted = await client.chat_postMessage(channel=support.id, text="first")
    await client.api_call(method, json={"channel": support.id, "ts": posted["ts"], **arguments})


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_too_large_or_malformed_is_refused(
    slack: SlackServer, client: AsyncWebClient, support: Channel, case: tuple[str, dict[str, Any], str]
) -> None:
    method, arguments, error = case
    posted = await client.chat_postMessage(channel=support.id, text="first")
    assert await error_of(client, method, {"channel": support.id, "ts": posted["ts"], **arguments}) == error
    assert [each.text for each in slack.messages(support)] == ["first"]


async def test_places_and_messages_that_the_bot_may_not_touch_are_refused(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    secret = slack.add_channel("secret", ada, kind=Kind.PRIVATE, with_bot=False)
    public = slack.add_channel("lobby", ada, with_bot=False)
    old = slack.add_channel("old", ada)
    old.is_archived = True
    asked = await slack.says(ada, support, "Hello")
    for channel, error in [(secret.id, "channel_not_found"), (public.id, "not_in_channel"), (old.id, "is_archived")]:
        assert await error_of(client, "chat.postMessage", {"channel": channel, "text": "x"}) == error
    change = {"channel": support.id, "text": "x"}
    assert await error_of(client, "chat.update", change | {"ts": asked}) == "cant_update_message"
    assert await error_of(client, "chat.update", change | {"ts": "1.0"}) == "message_not_found"
    assert await error_of(client, "chat.delete", change | {"ts": asked}) == "cant_delete_message"


async def test_the_app_can_look_up_who_and_where(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    dm = (await client.conversations_open(users=ada.id))["channel"]["id"]
    assert (dm, await error_of(client, "conversations.open", {})) == (slack.dm(ada).id, "users_list_not_supplied")
    kinds = [(await client.conversations_info(channel=each))["channel"]["is_im"] for each in (support.id, dm)]
    assert kinds == [False, True]
    mine = await client.users_conversations(types="public_channel,im")
    assert {each["id"] for each in mine["channels"]} == {support.id, dm}
    assert (await client.users_info(user=ada.id))["user"]["profile"]["display_name"] == "ada"
    assert (await client.bots_info(bot=slack.team.bot_id))["bot"]["user_id"] == slack.team.bot.id
    assert (await client.team_info())["team"]["name"] == "Acme"
    asked = await slack.says(ada, support, "Hello")
    reply = await client.chat_postMessage(channel=support.id, thread_ts=asked, text="Yes?")
    link = (await client.chat_getPermalink(channel=support.id, message_ts=reply["ts"]))["permalink"]
    assert link.endswith(f"/p{reply['ts'].replace('.', '')}?thread_ts={asked}&cid={support.id}")


async def test_tokens_and_scopes_decide_what_may_be_called(session: aiohttp.ClientSession) -> None:
    async with SlackServer(scopes=["chat:write", "im:history"]) as slack:
        client = client_of(slack, session, slack.team.bot_token)
        assert (await client.auth_test()).headers["X-OAuth-Scopes"] == "chat:write,im:history"
        with pytest.raises(SlackApiError) as refused:
            await client.users_info(user=slack.team.bot.id)
        assert refused.value.response["needed"] == "users:read"
        assert refused.value.response["provided"] == "chat:write,im:history"
        assert await error_of(client, "apps.connections.open", {}) == "not_allowed_token_type"
        assert await error_of(client, "chat.shout", {}) == "unknown_method"
        app_client = client_of(slack, session, slack.world.app_token)
        assert await error_of(app_client, "chat.postMessage", {"channel": "C", "text": "x"}) == "not_allowed_token_type"
        assert await error_of(client_of(slack, session, "xoxb-other"), "auth.test", {}) == "invalid_auth"
        await slack.uninstalls(slack.team)
        assert await error_of(client, "auth.test", {}) == "token_revoked"


async def test_edits_are_counted_for_the_whole_workspace_and_no_other(
    slack: SlackServer, client: AsyncWebClient, session: aiohttp.ClientSession, clock: ManualClock, support: Channel
) -> None:
    posts = [await client.chat_postMessage(channel=support.id, text=str(number)) for number in range(2)]

    async def edit(number: int) -> None:
        await client.chat_update(channel=support.id, ts=posts[number % 2]["ts"], text=f"edit {number}")

    for number in range(10):
        await edit(number)
    with pytest.raises(SlackApiError) as limited:
        await edit(10)
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "2")
    clock.advance(1.2)  # 50 a minute
    await edit(11)
    with pytest.raises(SlackApiError):
        await edit(12)
    assert slack.limits.refused == {"chat.update": 2}
    assert [each.text for each in slack.messages(support)] == ["edit 8", "edit 11"]

    other = slack.world.add_team("Other")
    lobby = slack.add_channel("lobby", team=other)
    neighbour = client_of(slack, session, other.bot_token)
    posted = await neighbour.chat_postMessage(channel=lobby.id, text="x")
    await neighbour.chat_update(channel=lobby.id, ts=posted["ts"], text="y")


async def test_posts_are_counted_for_each_channel_and_for_all(
    slack: SlackServer, client: AsyncWebClient, support: Channel
) -> None:
    slack.limits.rates["chat.postMessage"] = Rate(300, 7)
    slack.limits.as_200 = True
    lobby = slack.add_channel("lobby")

    async def posted(channel: Channel) -> list[str]:
        for _ in range(8):
            with suppress(SlackApiError):
                await client.chat_postMessage(channel=channel.id, text="x")
        return [each.text for each in slack.messages(channel)]

    assert len(await posted(support)) == 5
    assert len(await posted(lobby)) == 2
    assert {call.outcome for call in slack.calls} == {"ok", "ratelimited"}


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_a_caller_who_obeys_retry_after_is_never_refused_twice_and_gets_the_documented_rate(
    pauses: list[float],
) -> None:
    clock = ManualClock()
    limits = RateLimits(clock.now)
    taken: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        try:
            limits.spend("chat.update", "T1", "C1")
        except RateLimited as limited:
            clock.advance(limited.retry_after)
            limits.spend("chat.update", "T1", "C1")
        taken.append(clock.now())
    for start in taken:
        assert sum(start <= each < start + 60 for each in taken) <= 50 + 10


@pytest.mark.parametrize(
    ("fault", "is_done", "outcome"),
    [
        (Broken(503), False, "http 503"),
        (Reset(), False, "reset"),
        (Lost(), True, "lost"),
        (Malformed(), True, "malformed"),
        (Refuse("internal_error"), False, "internal_error"),
        (Limited(7), False, "http 429"),
        (Limited(7, as_200=True), False, "ratelimited"),
    ],
)
async def test_a_fault_strikes_once_before_or_after_the_call_is_done(
    slack: SlackServer, client: AsyncWebClient, support: Channel, fault: Fault, outcome: str, *, is_done: bool
) -> None:
    slack.faults.plan("chat.postMessage", fault)
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await client.chat_postMessage(channel=support.id, text="struck")
    await client.chat_postMessage(channel=support.id, text="fine")
    assert [each.text for each in slack.messages(support)] == (["struck"] if is_done else []) + ["fine"]
    assert [call.outcome for call in slack.calls] == [outcome, "ok"]
    assert slack.faults.struck == [("chat.postMessage", fault)]


async def test_faults_by_chance_are_the_same_for_the_same_seed(slack: SlackServer, client: AsyncWebClient) -> None:
    async def outcomes() -> list[str]:
        slack.faults.plan_by_chance(EVERY, Broken(), chance=0.5, random=random.Random(7))
        start = len(slack.calls)
        for _ in range(10):
            try:
                await client.auth_test()
            except (SlackApiError, aiohttp.ClientError):
                continue
        slack.faults.clear()
        return [call.outcome for call in slack.calls[start:]]

    first = await outcomes()
    assert first == await outcomes()
    assert set(first) == {"ok", "http 500"}


async def test_everyone_whom_a_text_or_a_block_names_counts_as_pinged(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "markdown", "text": "Ask <!subteam^S1>"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<!here|here>"}]},
        {"type": "header", "text": {"type": "plain_text", "text": "<!everyone>"}},
    ]
    posted = await client.chat_postMessage(channel=support.id, text=f"<@{ada.id}>", blocks=blocks)
    await client.chat_update(channel=support.id, ts=posted["ts"], text="<!channel> &lt;!here&gt; @here")
    await client.chat_postEphemeral(channel=support.id, user=ada.id, text="<!channel>")
    await client.chat_postMessage(channel=support.id, text="@everyone @here", link_names=True)
    assert [(ping.target, ping.method) for ping in slack.pings()] == [
        (ada.id, "chat.postMessage"),
        ("S1", "chat.postMessage"),
        ("here", "chat.postMessage"),
        ("channel", "chat.update"),
        ("everyone", "chat.postMessage"),
        ("here", "chat.postMessage"),
    ]
    assert [each.text for each in slack.ephemerals(ada)] == ["@channel"]


async def test_a_stream_grows_and_ends_after_five_minutes(
    slack: SlackServer, client: AsyncWebClient, clock: ManualClock, ada: User, support: Channel
) -> None:
    root = await slack.says(ada, support, "Hello")
    where = {"channel": support.id, "thread_ts": root}
    assert await error_of(client, "chat.startStream", where) == "missing_recipient_user_id"
    to_ada = where | {"recipient_user_id": ada.id, "recipient_team_id": ada.team}
    first = await client.api_call("chat.startStream", json=to_ada | {"markdown_text": "One"})
    await client.chat_appendStream(channel=support.id, ts=first["ts"], markdown_text=" two")
    assert (
        await error_of(client, "chat.update", {**where, "ts": first["ts"], "text": "x"}) == "streaming_state_conflict"
    )
    await client.chat_stopStream(channel=support.id, ts=first["ts"], markdown_text=".", blocks=[buttons()])
    (reply,) = slack.replies(support, root)
    assert (reply.text, [each.text for each in reply.buttons]) == ("One two.", ["Yes"])

    second = await client.api_call("chat.startStream", json=to_ada)
    clock.advance(301)
    late = {"channel": support.id, "ts": second["ts"], "markdown_text": "x"}
    assert await error_of(client, "chat.appendStream", late) == "message_not_in_streaming_state"


async def test_a_file_is_shared_in_the_thread_with_the_sdks_own_upload(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    root = await slack.says(ada, support, "All of it, please")
    await client.files_upload_v2(channel=support.id, thread_ts=root, content="# All", filename="all.md", title="All")
    (reply,) = slack.replies(support, root)
    assert reply.files == (("All", "# All"),)


async def test_a_reply_to_a_deleted_question_lands_in_the_channel_unless_a_tombstone_stays(
    slack: SlackServer, client: AsyncWebClient, ada: User, support: Channel
) -> None:
    lonely, busy = await slack.says(ada, support, "one"), await slack.says(ada, support, "two")
    await slack.says(ada, support, "more", thread_ts=busy)
    for ts in (lonely, busy):
        await slack.deletes(support, ts)
    stray = await client.chat_postMessage(channel=support.id, thread_ts=lonely, text="stray")
    kept = await client.chat_postMessage(channel=support.id, thread_ts=busy, text="kept")
    assert "thread_ts" not in stray["message"]
    assert kept["message"]["thread_ts"] == busy
    assert [each.text for each in slack.messages(support, busy)] == ["This message was deleted.", "more", "kept"]


async def test_what_the_app_reads_back_may_lag_behind(
    slack: SlackServer, client: AsyncWebClient, clock: ManualClock, ada: User, support: Channel
) -> None:
    slack.read_lag_seconds = 2.0
    root = await slack.says(ada, support, "Hello")
    await client.chat_postMessage(channel=support.id, thread_ts=root, text="Yes?")
    counts = []
    for seconds in (0.0, 3.0):
        clock.advance(seconds)
        counts.append(len((await client.conversations_replies(channel=support.id, ts=root))["messages"]))
    assert counts == [1, 2]


async def test_a_status_lasts_two_minutes_or_until_the_app_posts(
    slack: SlackServer, client: AsyncWebClient, clock: ManualClock, ada: User
) -> None:
    dm = slack.dm(ada)
    first, second = [await slack.says(ada, dm, text) for text in ("one", "two")]
    for ts in (first, second):
        await client.assistant_threads_setStatus(channel_id=dm.id, thread_ts=ts, status="is thinking…")
    await client.chat_postMessage(channel=ada.id, thread_ts=first, text="Done")
    assert (slack.status(dm, first), slack.status(dm, second)) == ("", "is thinking…")
    clock.advance(121)
    assert slack.status(dm, second) == ""


# The SDK still uses what aiohttp is about to drop.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_an_installation_gives_the_code_its_token_once(
    slack: SlackServer, session: aiohttp.ClientSession
) -> None:
    other = slack.world.add_team("Other")
    code = await slack.installs(other, slack.add_user("boss", team=other))
    visitor = AsyncWebClient(base_url=slack.api_url, session=session, retry_handlers=NO_RETRIES)
    keys = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    with pytest.raises(SlackApiError, match="bad_client_secret"):
        await visitor.oauth_v2_access(code=code, client_id=slack.client_id, client_secret="guessed")
    granted = await visitor.oauth_v2_access(code=code, **keys)
    assert (granted["access_token"], granted["team"]["id"]) == (other.bot_token, other.id)
    with pytest.raises(SlackApiError, match="invalid_code"):
        await visitor.oauth_v2_access(code=code, **keys)
