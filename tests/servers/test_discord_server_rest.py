"""The loopback Discord's REST call by call: what it refuses, with which code, and what goes wrong on demand."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.discord.asking import Refused
from tests.servers.discord.checks import check_message
from tests.servers.discord.faults import Fault, What
from tests.servers.discord.permissions import EVERYTHING, Permission, permissions_of
from tests.servers.discord.rates import Rates, Rule
from tests.servers.discord.records import ChannelKind
from tests.servers.discord.server import LoopbackDiscord, ServerFailed, build_discord, open_discord
from tests.servers.discord.using import NotOffered
from tests.servers.discord.world import ShiftedClock, World


@dataclass(frozen=True, slots=True)
class Rest:
    """Calls with the bot's token, answered with the status and Discord's code, or the JSON."""

    server: LoopbackDiscord
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.http.request(method, f"{self.server.api_url}{path}", json=body) as response:
            text = await response.text()
            return response.status, json.loads(text) if response.content_type == "application/json" else text

    async def code(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        status, answer = await self.call(method, path, body)
        return status, answer.get("code", 0) if isinstance(answer, dict) else 0

    @property
    def messages(self) -> str:
        return f"/channels/{self.server.channel.id}/messages"


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def rest(clock: ShiftedClock) -> AsyncIterator[Rest]:
    async with open_discord(clock) as server:
        headers = {"Authorization": f"Bot {server.token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            yield Rest(server, http)


def command(**changes: Any) -> dict[str, Any]:
    return {"name": "ask", "description": "Ask a question", "type": 1} | changes


def option(**changes: Any) -> dict[str, Any]:
    return {"name": "question", "description": "What?", "type": 3} | changes


@pytest.mark.parametrize(
    "broken",
    [
        command(name="Upper"),
        command(name="two words"),
        command(description=""),
        command(description="x" * 101),
        command(type=3),
        command(options=[option(), option()]),
        command(options=[option(), option(name="later", required=True)]),
        command(options=[option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])]),
        command(options=[option(choices=[{"name": "x" * 101, "value": "x"}])]),
        command(options=[option(autocomplete=True, choices=[{"name": "x", "value": "x"}])]),
        command(options=[option(name=f"o{n}") for n in range(26)]),
    ],
)
async def test_commands_that_break_a_rule_are_refused_and_the_old_ones_stay(rest: Rest, broken: Any) -> None:
    commands = f"/applications/{rest.server.bot.id}/commands"
    status, [registered] = await rest.call("PUT", commands, [command()])
    assert status == 200
    assert await rest.code("PUT", commands, [command(), broken]) == (400, 50035)
    assert await rest.call("GET", commands) == (200, [registered])
    _, [again] = await rest.call("PUT", commands, [command(description="Ask away")])
    assert again["id"] == registered["id"]
    assert rest.server.world.syncs == [None, None]


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2001},
        {"content": "\N{GRINNING FACE}" * 1001},
        {"embeds": [{"description": "x" * 4097}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
        {"embeds": [{"title": "x"}] * 11},
        {"content": "x", "nonce": "x" * 26},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"content": "x", "message_reference": {"message_id": "1"}},
        {"content": "x", "components": [{"type": 1, "components": []}]},
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "custom_id": "x"}]}]},
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "label": "x"}]}]},
        {
            "content": "x",
            "components": [{"type": 1, "components": [{"type": 2, "label": "x", "custom_id": "x" * 101}]}],
        },
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "label": "x", "custom_id": "x"}] * 2}]},
        {"content": "x", "components": [{"type": 17, "components": []}]},
        {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "x"}]},
    ],
)
async def test_bodies_that_break_a_size_are_refused_with_50035(rest: Rest, body: dict[str, Any]) -> None:
    assert await rest.code("POST", rest.messages, body) == (400, 50035)
    assert rest.server.messages(rest.server.channel) == []


async def test_an_edit_must_leave_something_to_see_and_white_space_is_nothing(rest: Rest) -> None:
    _, message = await rest.call("POST", rest.messages, {"content": "\n seen \n"})
    assert message["content"] == "seen"
    path = f"{rest.messages}/{message['id']}"
    for emptied in ({"content": ""}, {"content": " \n"}, {"content": None}):
        assert await rest.code("PATCH", path, emptied) == (400, 50006)
    assert await rest.code("PATCH", path, {"content": "", "embeds": [{"title": "x"}]}) == (200, 0)


async def test_a_dm_needs_a_shared_guild_or_a_first_word_of_the_other(rest: Rest) -> None:
    stranger = rest.server.world.add_person("stranger")
    _, dm = await rest.call("POST", "/users/@me/channels", {"recipient_id": str(stranger.id)})
    path = f"/channels/{dm['id']}/messages"
    assert await rest.code("POST", path, {"content": "hello"}) == (403, 50278)
    await rest.server.people.writes_to_bot(stranger, "hello")
    assert await rest.code("POST", path, {"content": "hello"}) == (200, 0)
    rest.server.message_routes.closed_dms.add(stranger.id)
    assert await rest.code("POST", path, {"content": "hello"}) == (403, 50007)


@given(st.integers(0, 2001), st.integers(0, 1001))
def test_a_content_fits_exactly_up_to_2000_units_of_utf_16(letters: int, emoji: int) -> None:
    try:
        check_message({"content": "x" * letters + "\N{GRINNING FACE}" * emoji}, has_files=True)
        is_fitting = True
    except Refused:
        is_fitting = False
    assert is_fitting == (letters + 2 * emoji <= 2000)


@given(st.lists(st.floats(0, 3), max_size=40), st.integers(1, 5), st.floats(0.1, 5))
def test_no_fixed_window_lets_more_calls_through_than_its_rule(gaps: list[float], calls: int, seconds: float) -> None:
    clock = [0.0]
    rates = Rates(lambda: clock[0], {"message.edit": Rule(calls, seconds)}, Rule(1000, 1.0))
    let_in: list[float] = []
    begun = -seconds
    for gap in gaps:
        clock[0] += gap
        verdict = rates.take("message.edit", "1", is_exempt=False)
        assert rates.take("message.edit", "another", is_exempt=False).headers["X-RateLimit-Limit"] == str(calls)
        if clock[0] >= begun + seconds:
            begun, let_in = clock[0], []
        if not verdict.wait:
            let_in.append(clock[0])
        assert len(let_in) <= calls
        assert not verdict.wait or len(let_in) == calls, "nobody is refused while there is room"


async def test_the_51st_call_in_a_second_is_refused_but_not_for_interactions(rest: Rest, clock: ShiftedClock) -> None:
    rest.server.rates.whole = Rule(3, 3600.0)
    statuses = [await rest.code("GET", "/users/@me") for _ in range(4)]
    assert [status for status, _ in statuses] == [200, 200, 200, 429]
    assert await rest.code("POST", "/interactions/1/token/callback", {"type": 5}) == (404, 10062)
    clock.advance(3600)
    assert await rest.code("GET", "/users/@me") == (200, 0)
    assert rest.server.door.invalid == 1


async def test_old_messages_have_a_limit_of_their_own_with_its_code(rest: Rest, clock: ShiftedClock) -> None:
    _, message = await rest.call("POST", rest.messages, {"content": "old"})
    clock.advance(3601)
    rest.server.message_routes.old_edits = Rule(1, 60.0)
    path = f"{rest.messages}/{message['id']}"
    assert await rest.code("PATCH", path, {"content": "new"}) == (200, 0)
    status, refusal = await rest.call("PATCH", path, {"content": "newer"})
    assert (status, refusal["code"]) == (429, 30046)
    assert refusal["retry_after"] > 0


async def test_faults_strike_before_or_after_the_write_as_often_as_wanted(rest: Rest) -> None:
    struck: list[str] = []
    before = rest.server.faults.add(
        Fault("message.*", status=503, skip=1, times=1, action=lambda: struck.append("503"))
    )
    assert await rest.code("POST", rest.messages, {"content": "one"}) == (200, 0)
    assert await rest.code("POST", rest.messages, {"content": "two"}) == (503, 0)
    rest.server.faults.add(Fault("message.create", What.RESET, after_write=True))
    assert await rest.code("POST", rest.messages, {"content": ""}) == (400, 50006), "nothing was written"
    with pytest.raises(aiohttp.ClientOSError):
        await rest.call("POST", rest.messages, {"content": "three"})
    rest.server.faults.add(Fault("message.create", What.BAN, of=lambda call: call.body["content"] == "four"))
    assert await rest.code("POST", rest.messages, {"content": "four"}) == (429, 0)
    assert [each.content for each in rest.server.of_bot(rest.server.channel)] == ["one", "three"]
    assert [each.status for each in rest.server.calls("message.create")] == [200, 503, 400, 0, 429]
    assert (struck, before.struck) == (["503"], 1)


async def test_a_share_of_calls_fails_and_the_same_ones_each_time(rest: Rest) -> None:
    runs = []
    for _ in range(2):
        rest.server.faults.chance.seed(1)
        rest.server.faults.add(Fault("me", times=None, share=0.5))
        runs.append([(await rest.code("GET", "/users/@me"))[0] for _ in range(20)])
        rest.server.faults.clear()
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_what_is_not_served_or_not_json_is_answered_and_on_record(rest: Rest) -> None:
    assert await rest.code("GET", "/guilds/1/audit-logs") == (404, 0)
    assert [(each.method, each.status) for each in rest.server.calls("unknown")] == [("GET", 404)]
    async with rest.http.post(f"{rest.server.api_url}{rest.messages}", data=b"{") as response:
        assert (await response.json())["code"] == 50109


async def test_a_failure_of_the_server_itself_fails_the_test() -> None:
    async def misuse() -> int:
        async with open_discord() as server, aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bot {server.token}"}
            async with http.post(f"{server.api_url}/users/@me/channels", json={}, headers=headers) as response:
                return response.status

    with pytest.raises(ServerFailed):
        await misuse()


async def test_messages_are_listed_newest_first_in_pages(rest: Rest) -> None:
    said = [await rest.server.people.says(rest.server.person, rest.server.channel, str(n)) for n in range(5)]
    for query, expected in (
        ("?limit=2", "43"),
        (f"?before={said[2].id}", "10"),
        (f"?after={said[1].id}&limit=2", "32"),
        (f"?around={said[2].id}&limit=3", "321"),
    ):
        _, page = await rest.call("GET", rest.messages + query)
        assert "".join(each["content"] for each in page) == expected


async def test_an_app_of_a_user_works_where_the_bot_is_not(rest: Rest) -> None:
    server = rest.server
    server.rates.rules.clear()
    guild = server.world.add_guild("elsewhere", has_bot=False)
    person, friend = (server.world.add_person(name, guild) for name in ("user", "friend"))
    channel, private = server.world.add_channel(guild, "talk"), server.world.direct_channel(person, friend)
    commands = f"/applications/{server.bot.id}/commands"
    await rest.call("PUT", commands, [command(integration_types=[1], contexts=[0, 2])])
    in_guild = await server.people.command(person, channel, "ask")
    in_private = await server.people.command(person, private, "ask")
    for each, body in ((in_guild, {"content": "hello"}), (in_private, {"content": "hello"})):
        path = f"/interactions/{each.id}/{each.token}/callback"
        assert await rest.code("POST", path, {"type": 4, "data": body}) == (204, 0)
        original = each.original
        assert original is not None
        assert await rest.code("PATCH", f"/channels/{original.channel.id}/messages/{original.id}", body) == (403, 50001)
        followups = [await rest.code("POST", f"/webhooks/{server.bot.id}/{each.token}", body) for _ in range(6)]
        assert [code for _, code in followups] == [0, 0, 0, 0, 0, 40094]
    everyone = guild.roles[guild.id]
    everyone.permissions &= ~int(Permission.USE_EXTERNAL_APPS)
    hidden = await server.people.command(person, channel, "ask")
    path = f"/interactions/{hidden.id}/{hidden.token}/callback"
    await rest.code("POST", path, {"type": 4, "data": {"content": "hello"}})
    assert [each.content for each in server.ephemerals(person)] == ["hello"]
    with pytest.raises(NotOffered):
        await server.people.command(server.person, server.dm(server.person), "ask")


def test_overwrites_of_roles_and_members_decide_in_discords_order() -> None:
    world = World(lambda: 1_800_000_000.0)
    server = build_discord(world)
    channel, person = server.channel, server.person
    role = world.add_role(server.guild, "staff")
    everyone = server.guild.roles[server.guild.id]
    world.deny(channel, everyone)
    assert not permissions_of(person.id, channel) & Permission.VIEW_CHANNEL
    server.guild.members[person.id].roles.append(role.id)
    world.allow(channel, role)
    assert permissions_of(person.id, channel) & Permission.VIEW_CHANNEL
    world.deny(channel, person)
    assert not permissions_of(person.id, channel) & Permission.VIEW_CHANNEL
    role.permissions |= int(Permission.ADMINISTRATOR)
    assert permissions_of(person.id, channel) == EVERYTHING
    forum = world.add_channel(server.guild, "forum", ChannelKind.FORUM)
    assert permissions_of(1, forum) == 0
