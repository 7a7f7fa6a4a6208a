"""What people do to the app itself: commands, buttons, shortcuts, the Home tab, the stop button."""

from tests.servers.slack.actions import action_json, command_fields, common, place_json
from tests.servers.slack.deliveries import COMMAND, INTERACTIVE, Delivery
from tests.servers.slack.people import People
from tests.servers.slack.responses import Opening, Responses
from tests.servers.slack.screen import Button, Screen, Shown
from tests.servers.slack.world import Ephemeral, Json, Message, Where, Who, id_of


class Interactions(People, Screen):
    """People's dealings with the app. Each returns the delivery, whose `answer` is what the app acknowledged with."""

    responses: Responses

    async def commands(self, user: Who, where: Where, command: str, text: str = "") -> Delivery:
        """Send a slash command; Slack shows the answer that comes with the acknowledgement."""
        channel, person = self.channel(where), self.world.users[id_of(user)]
        team = self.team_of(user)
        url, opening = self.responses.open(team, channel.id, person.id)
        fields = command_fields(
            command,
            text,
            app_id=self.world.app_id,
            user=person,
            team=team,
            channel=channel,
            trigger_id=self._trigger(person.id),
            response_url=url,
        )
        return self._deliver(COMMAND, fields, opening)

    async def presses(self, user: Who, message: Shown, name: str, *, value: str | None = None) -> Delivery:
        """Press a button of a message, by its action id or its label; `value` tells apart what else looks alike."""
        channel, team = self.channel(message.channel), self.team_of(user)
        original = self._original(user, message)
        url, opening = self.responses.open(team, channel.id, id_of(user), original)
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.is_ephemeral,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._action(user, message.button(name, value)) | {
            "container": container,
            "channel": place_json(channel),
            "response_url": url,
            "state": {"values": {}},
        }
        if not message.is_ephemeral:
            payload["message"] = self.stored(channel, message.ts)
        return self._deliver(INTERACTIVE, payload, opening)

    async def presses_at_home(self, user: Who, button: Button) -> Delivery:
        """Press a button of the Home tab."""
        view = self.team_of(user).views[id_of(user)]
        container = {"type": "view", "view_id": view["id"]}
        return self._deliver(INTERACTIVE, self._action(user, button) | {"container": container, "view": view})

    async def submits(self, user: Who, view: Json, values: Json) -> Delivery:
        """Submit a modal; `values` is `state.values`."""
        payload = self._common("view_submission", user) | {"view": {**view, "state": {"values": values}}}
        return self._deliver(INTERACTIVE, payload | {"response_urls": []})

    async def shortcut(self, user: Who, callback_id: str, message: Shown | None = None) -> Delivery:
        """Use a shortcut: a global one, or one of a message's menu."""
        if message is None:
            payload = self._common("shortcut", user) | {"callback_id": callback_id, "action_ts": self.world.ts()}
            return self._deliver(INTERACTIVE, payload)
        channel = self.channel(message.channel)
        url, opening = self.responses.open(self.team_of(user), channel.id, id_of(user))
        payload = self._common("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self.world.ts(),
            "message_ts": message.ts,
            "message": self.stored(channel, message.ts),
            "channel": place_json(channel),
            "response_url": url,
        }
        return self._deliver(INTERACTIVE, payload, opening)

    async def opens_home(self, user: Who, tab: str = "home") -> None:
        """Open the app's Home or Messages tab."""
        team = self.team_of(user)
        event: Json = {
            "type": "app_home_opened",
            "user": id_of(user),
            "channel": self.dm(user).id,
            "tab": tab,
            "event_ts": self.world.ts(),
        }
        if tab == "home" and id_of(user) in team.views:
            event["view"] = team.views[id_of(user)]
        self.tell(team, event)
        self.changed()

    async def stops_session(self, user: Who, where: Where, thread_ts: str) -> None:
        """Press Slack's own stop button; streams of the thread stop, the status stays until the app changes it."""
        channel = self.channel(where)
        streaming = [each for each in channel.replies(thread_ts) if each.streaming_since is not None]
        for each in streaming:
            each.streaming_since = None
        event: Json = {
            "type": "agent_session_stopped",
            "user": id_of(user),
            "channel": channel.id,
            "thread_ts": thread_ts,
            "streaming_message_ts": [each.ts for each in streaming],
            "event_ts": self.world.ts(),
        }
        self.tell(self.team_of(user), event)
        self.changed()

    def _deliver(self, kind: str, payload: Json, opening: Opening | None = None) -> Delivery:
        delivery = Delivery(kind, payload)
        if opening is not None:
            delivery.on_answer = lambda answer: self._show_answer(opening, answer)
        return self.deliveries.add(delivery)

    def _show_answer(self, opening: Opening, answer: Json) -> None:
        if answer.get("text") or answer.get("blocks"):
            self.responses.answer(opening, answer, "acknowledgement")

    def _original(self, user: Who, message: Shown) -> Message | Ephemeral | None:
        if not message.is_ephemeral:
            return self.channel(message.channel).messages[message.ts]
        return next((each for each in self.team_of(user).ephemerals if each.ts == message.ts), None)

    def _action(self, user: Who, button: Button) -> Json:
        return self._common("block_actions", user) | {"actions": [action_json(button, self.world.ts())]}

    def _common(self, kind: str, user: Who) -> Json:
        person = self.world.users[id_of(user)]
        return common(kind, self.world.app_id, person, self.team_of(user), self._trigger(person.id))

    def _trigger(self, user: str) -> str:
        trigger = self.world.id("trigger-")
        self.triggers[trigger] = (user, self.clock())
        return trigger
