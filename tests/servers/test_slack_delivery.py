"""What the loopback Slack tells an app: through Slack's own Socket Mode client, and as signed HTTP requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.manual_clock import ManualClock
from tests.servers.slack.deliveries import State
from tests.servers.slack.manifest import ALL_EVENTS, ALL_SCOPES
from tests.servers.slack.server import SlackServer
from tests.servers.slack.web_delivery import Endpoint
from tests.servers.slack.world import Channel, User


class App:
    """An app on Socket Mode that acknowledges everything but what `ignores` names.

    The SDK looks after a lost connection once in every `ping_interval` seconds only.
    """

    def __init__(self, slack: SlackServer, *, ping_interval: float = 20.0) -> None:
        self._slack = slack
        self.received: list[SocketModeRequest] = []
        self.ignores: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.web = AsyncWebClient(slack.team.bot_token, base_url=slack.api_url)
        self.socket = SocketModeClient(slack.world.app_token, web_client=self.web, ping_interval=ping_interval)
        self.socket.socket_mode_request_listeners.append(self._take)

    @property
    def types(self) -> list[str]:
        return [str(each.payload["event"]["type"]) for each in self.received]

    async def connects(self) -> None:
        await self.socket.connect()  # type: ignore[no-untyped-call] # the SDK's

    async def leaves(self) -> None:
        await self.socket.close()  # type: ignore[no-untyped-call] # the SDK's

    async def _take(self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.received.append(request)
        self._slack.changed()
        if request.type in self.ignores:
            self.ignores.remove(request.type)
            return
        answer = self.answers.get(request.type)
        await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def slack(clock: ManualClock) -> AsyncIterator[SlackServer]:
    async with SlackServer(clock=clock.now, scopes=ALL_SCOPES) as slack:
        slack.subscriptions = ALL_EVENTS
        slack.deliveries.timings.acknowledgement = 30.0
        yield slack


@pytest.fixture
async def app(slack: SlackServer) -> AsyncIterator[App]:
    app = App(slack)
    yield app
    await app.leaves()


@pytest.fixture
async def impatient_app(slack: SlackServer) -> AsyncIterator[App]:
    app = App(slack, ping_interval=0.2)
    yield app
    await app.leaves()


@pytest.fixture
def ada(slack: SlackServer) -> User:
    return slack.add_user("ada")


@pytest.fixture
def support(slack: SlackServer, ada: User) -> Channel:
    return slack.add_channel("support", ada)


async def settled(slack: SlackServer) -> None:
    await slack.until(lambda: not slack.deliveries.unsettled)


async def test_a_mention_arrives_as_two_events_of_one_message_in_the_order_that_is_asked_for(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    await app.connects()
    ts = await slack.mentions(ada, support, "help", deliver=("app_mention", "message", "app_mention"))
    await settled(slack)
    assert app.types == ["app_mention", "message", "app_mention"]
    assert {each.payload["event"]["ts"] for each in app.received} == {ts}
    first, copy, again = [each.payload["event_id"] for each in app.received]
    assert first == again != copy
    assert [each.retry_attempt for each in app.received] == [0, 0, 1]


async def test_the_app_hears_of_its_own_posts_and_of_every_edit(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    await app.connects()
    posted = await app.web.chat_postMessage(channel=support.id, text="one")
    await app.web.chat_update(channel=support.id, ts=posted["ts"], text="two")
    await app.web.chat_delete(channel=support.id, ts=posted["ts"])
    await slack.says(ada, slack.add_channel("elsewhere", ada, with_bot=False), "not for the bot")
    await settled(slack)
    events = [each.payload["event"] for each in app.received]
    assert [each.get("subtype") for each in events] == [None, "message_changed", "message_deleted"]
    assert events[0]["bot_id"] == slack.team.bot_id
    assert (events[1]["previous_message"]["text"], events[1]["message"]["text"]) == ("one", "two")


async def test_reactions_and_new_members_are_told(slack: SlackServer, app: App, ada: User, support: Channel) -> None:
    await app.connects()
    ts = await slack.says(ada, support, "Hello")
    await app.web.reactions_add(channel=support.id, timestamp=ts, name="eyes")
    await slack.reacts(ada, support, ts, "x")
    await app.web.reactions_remove(channel=support.id, timestamp=ts, name="eyes")
    await slack.joins(slack.add_user("bob"), support)
    await slack.stops_session(ada, support, ts)
    await settled(slack)
    assert app.types == [
        "message",
        "reaction_added",
        "reaction_added",
        "reaction_removed",
        "member_joined_channel",
        "agent_session_stopped",
    ]
    assert slack.stored(support, ts)["reactions"] == [{"name": "x", "users": [ada.id], "count": 1}]


async def test_only_what_the_app_subscribes_to_is_sent(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    slack.subscriptions = ALL_EVENTS - {"message.channels"}
    await app.connects()
    await slack.mentions(ada, support, "help")
    await slack.says(ada, slack.dm(ada), "help")
    await settled(slack)
    assert app.types == ["app_mention", "message"]


async def test_what_happened_while_no_socket_was_open_arrives_later_marked_as_a_retry(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    await slack.says(ada, support, "early")
    command = await slack.commands(ada, support, "/support", "help")
    await app.connects()
    await settled(slack)
    assert [(each.type, each.retry_attempt) for each in app.received] == [("events_api", 1)]
    assert command.state is State.GIVEN_UP


async def test_an_event_that_nobody_acknowledges_comes_three_times_more(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    slack.deliveries.timings.acknowledgement, slack.deliveries.timings.retries = 0.001, (0.0, 0.001, 0.002)
    app.ignores = ["events_api"] * 9
    await app.connects()
    await slack.says(ada, support, "anyone?")
    (delivery,) = slack.deliveries.all
    await slack.until(lambda: delivery.state is State.GIVEN_UP)
    assert (len(delivery.envelopes), delivery.reason) == (4, "timeout")


async def test_what_a_killed_app_had_not_acknowledged_goes_to_the_next_one(
    slack: SlackServer, impatient_app: App, ada: User, support: Channel
) -> None:
    impatient_app.ignores = ["events_api"]
    await impatient_app.connects()
    await slack.says(ada, support, "help")
    await slack.until(lambda: impatient_app.received)
    slack.sockets.cut()
    await slack.until(lambda: slack.sockets.opened >= 2)
    await settled(slack)
    first, *others = impatient_app.received
    assert (first.retry_attempt, first.payload["event"]["text"]) == (0, "help")
    assert others[0].retry_attempt == 1
    assert {each.payload["event_id"] for each in others} == {first.payload["event_id"]}


async def test_the_app_moves_to_a_new_socket_when_it_is_told_to(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    await app.connects()
    slack.sockets.disconnect("refresh_requested")
    await slack.says(ada, support, "in between")
    await slack.until(lambda: slack.sockets.opened >= 2)
    await settled(slack)
    assert app.types == ["message"]


async def test_a_silent_server_makes_the_app_reconnect(slack: SlackServer, impatient_app: App) -> None:
    await impatient_app.connects()
    assert slack.sockets.opened == 1
    slack.sockets.is_silent = True
    await slack.until(lambda: slack.sockets.opened >= 2)


async def test_after_an_outage_the_server_is_back_at_its_address(
    slack: SlackServer, impatient_app: App, ada: User, support: Channel
) -> None:
    await impatient_app.connects()
    async with slack.outage():
        with pytest.raises(aiohttp.ClientConnectionError):
            await impatient_app.web.auth_test()
        await slack.says(ada, support, "during the outage")
    await impatient_app.web.auth_test()
    await settled(slack)
    assert set(impatient_app.types) == {"message"}


async def test_the_eleventh_socket_is_turned_away(slack: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:
        tickets = [slack.sockets.issue_ticket() for _ in range(11)]
        sockets = [await session.ws_connect(f"{slack.url}/link?ticket={ticket}") for ticket in tickets]
        hellos = [await socket.receive_json() for socket in sockets]
    assert [each.get("num_connections") for each in hellos] == [*range(1, 11), None]
    assert hellos[-1]["reason"] == "too_many_websockets"


async def test_a_command_is_answered_with_its_acknowledgement_or_through_its_response_url(
    slack: SlackServer, app: App, ada: User, support: Channel, clock: ManualClock
) -> None:
    app.answers["slash_commands"] = {"text": "Looking…"}
    await app.connects()
    await slack.commands(ada, support, "/support", "help")
    await settled(slack)
    fields = app.received[0].payload
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/support", "help", ada.id)
    assert [each.text for each in slack.ephemerals(ada)] == ["Looking…"]
    async with aiohttp.ClientSession() as session:
        for body in [
            {"text": "Found", "replace_original": True},
            {"text": "For all", "response_type": "in_channel"},
            {"text": "For you"},
            {"delete_original": True},
            {"markdown_text": "x"},
            {"text": "too often"},
        ]:
            async with session.post(fields["response_url"], json=body) as response:
                await response.read()
        late = await slack.commands(ada, support, "/support", "again")
        clock.advance(30 * 60 + 1)
        async with session.post(late.payload["response_url"], json={"text": "late"}) as response:
            assert response.status == 404
    outcomes = [call.outcome for call in slack.calls if call.method == "response_url"]
    assert outcomes == ["ok", "ok", "ok", "ok", "no_text", "used_url", "expired_url"]
    assert [each.text for each in slack.ephemerals(ada)] == ["Found", "Looking…"]
    assert [each.text for each in slack.messages(support)] == ["For all"]


async def test_a_command_that_is_answered_too_late_has_failed_for_the_person(
    slack: SlackServer, ada: User, support: Channel
) -> None:
    slack.deliveries.timings.acknowledgement = 0.001
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"{slack.url}/link?ticket={slack.sockets.issue_ticket()}")
        await socket.receive_json()
        command = await slack.commands(ada, support, "/support", "help")
        await settled(slack)
        await socket.send_json({"envelope_id": command.envelopes[0], "payload": {"text": "late"}})
        await slack.until(lambda: slack.sockets.open[0].heard)
    assert command.state is State.GIVEN_UP
    assert slack.ephemerals(ada) == []


async def test_a_pressed_button_names_its_message_and_its_value(
    slack: SlackServer, app: App, ada: User, support: Channel
) -> None:
    await app.connects()
    yes, no = [{"text": {"type": "plain_text", "text": text}, "value": text} for text in ("yes", "no")]
    feedback = {
        "type": "feedback_buttons",
        "action_id": "helpful",
        "positive_button": yes,
        "negative_button": no,
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "Answer"}}
    blocks: list[dict[str, Any]] = [section, {"type": "context_actions", "elements": [feedback]}]
    posted = await app.web.chat_postMessage(channel=support.id, text="Answer", blocks=blocks)
    (message,) = slack.messages(support)
    await slack.presses(ada, message, "no")
    await slack.shortcut(ada, "ask", message)
    await settled(slack)
    press, shortcut = [each.payload for each in app.received if each.type == "interactive"]
    assert press["actions"][0].items() >= {"action_id": "helpful", "value": "no", "type": "feedback_buttons"}.items()
    assert (press["container"]["message_ts"], press["message"]["blocks"][0]["text"]["text"]) == (posted["ts"], "Answer")
    assert (shortcut["type"], shortcut["message_ts"]) == ("message_action", posted["ts"])


async def test_the_home_tab_is_published_and_its_views_open_with_a_fresh_trigger(
    slack: SlackServer, app: App, ada: User, clock: ManualClock
) -> None:
    await app.connects()
    await slack.opens_home(ada)
    await settled(slack)
    assert (
        app.received[0].payload["event"].items() >= {"type": "app_home_opened", "tab": "home", "user": ada.id}.items()
    )
    button = {"type": "button", "text": {"type": "plain_text", "text": "Start"}, "action_id": "start"}
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Ask me"}, "accessory": button}]
    await app.web.views_publish(user_id=ada.id, view={"type": "home", "blocks": blocks})
    assert slack.home(ada) == "Ask me"
    press = await slack.presses_at_home(ada, "Start")
    await settled(slack)
    assert app.received[-1].payload["view"]["id"] == press.payload["container"]["view_id"]

    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Ask"}, "blocks": blocks}
    fresh, stale = await slack.shortcut(ada, "ask"), await slack.shortcut(ada, "ask")
    await app.web.views_open(trigger_id=fresh.payload["trigger_id"], view=modal)
    clock.advance(3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await app.web.views_open(trigger_id=stale.payload["trigger_id"], view=modal)
    assert len(slack.team.modals) == 1


class WebApp:
    """An app on HTTP that checks signatures with Slack's own verifier and answers what `statuses` says."""

    def __init__(self, clock: ManualClock) -> None:
        self.received: list[tuple[dict[str, str], str]] = []
        self.answers: list[web.Response] = []
        self._verifier = SignatureVerifier("secret", clock)  # type: ignore[arg-type] # it only asks for now()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        headers = dict(request.headers)
        assert self._verifier.is_valid_request(body, headers)
        self.received.append((headers, body))
        if body.startswith("{") and (challenge := json.loads(body).get("challenge")):
            return web.Response(text=challenge)
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def web_app(slack: SlackServer, clock: ManualClock) -> AsyncIterator[WebApp]:
    app, server = WebApp(clock), web.Application()
    server.router.add_post("/slack/events", app.take)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.use_http(Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", "secret"))
    yield app
    await runner.cleanup()


async def test_over_http_events_are_signed_and_come_again_until_they_are_taken(
    slack: SlackServer, web_app: WebApp, ada: User, support: Channel
) -> None:
    slack.deliveries.timings.retries = (0.0, 0.0, 0.0)
    assert await slack.web.verify()
    web_app.answers = [web.Response(status=500), web.Response()]
    await slack.says(ada, support, "help")
    await settled(slack)
    retries = [(each.get("X-Slack-Retry-Num"), each.get("X-Slack-Retry-Reason")) for each, _ in web_app.received[1:]]
    assert retries == [(None, None), ("1", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in web_app.received[1:]}) == 1


async def test_over_http_an_app_can_refuse_redelivery_and_answer_commands_at_once(
    slack: SlackServer, web_app: WebApp, ada: User, support: Channel
) -> None:
    no_more = web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
    web_app.answers = [no_more, web.json_response({"text": "Here", "response_type": "in_channel"})]
    await slack.says(ada, support, "help")
    await settled(slack)
    await slack.commands(ada, support, "/support", "help & more")
    await settled(slack)
    assert [each.state for each in slack.deliveries.all[:2]] == [State.GIVEN_UP, State.RECEIVED]
    assert "text=help+%26+more" in web_app.received[1][1]
    assert [each.text for each in slack.messages(support)] == ["help", "Here"]


async def test_waiting_ends_when_its_time_is_over_and_tells_what_happened_last(slack: SlackServer) -> None:
    await slack.says(slack.add_user("ada"), slack.add_channel("support"), "Hello")
    with pytest.raises(TimeoutError, match="the last calls: none; not received: message waiting"):
        await slack.until(lambda: slack.calls, timeout=0.001)


async def test_a_wait_wakes_on_the_change_that_makes_it_true(slack: SlackServer, ada: User, support: Channel) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(slack.until(lambda: slack.messages(support)))
        group.create_task(slack.says(ada, support, "now"))
    assert [each.text for each in waiting.result()] == ["now"]
