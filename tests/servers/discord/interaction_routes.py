"""REST of interactions: the callback, and the webhook that its token opens."""

from dataclasses import dataclass

from tests.servers.discord.asking import UNKNOWN_COMMAND, Answer, Asked, Invalid, Refused, Route
from tests.servers.discord.forms import CHAT_INPUT, check_command, check_commands
from tests.servers.discord.interactions import Interactions
from tests.servers.discord.records import Payload
from tests.servers.discord.wire import message_json
from tests.servers.discord.wire_interactions import callback_json
from tests.servers.discord.world import World


@dataclass(slots=True)
class InteractionRoutes:
    """What needs no bot token and doesn't count in the global limit."""

    world: World
    interactions: Interactions

    def routes(self) -> list[Route]:
        """Return what can be asked for."""
        webhook, major = "/webhooks/{application}/{token}", ("token",)
        message, original = f"{webhook}/messages/{{message}}", f"{webhook}/messages/@original"
        callback = "/interactions/{interaction}/{token}/callback"
        return [
            self._route("callback", "POST", callback, self.answer),
            self._route("followup.create", "POST", webhook, self.follow_up, major),
            self._route("original.get", "GET", original, self.get),
            self._route("original.edit", "PATCH", original, self.edit, major),
            self._route("original.delete", "DELETE", original, self.delete),
            self._route("followup.get", "GET", message, self.get),
            self._route("followup.edit", "PATCH", message, self.edit, major),
            self._route("followup.delete", "DELETE", message, self.delete),
        ]

    def answer(self, asked: Asked) -> Answer:
        """Take the first answer to an interaction."""
        kind = asked.body.get("type")
        if not isinstance(kind, int):
            raise Invalid("type", "BASE_TYPE_REQUIRED", "This field is required")
        interaction = self.interactions.answer(
            asked.id("interaction"), asked.path["token"], kind, asked.body.get("data") or {}, asked.files
        )
        wants = asked.query.get("with_response", "").lower() in {"1", "true"}
        return callback_json(interaction, self.world) if wants else None

    def follow_up(self, asked: Asked) -> Answer:
        """Post a further message."""
        interaction = self.interactions.of_token(asked.id("application"), asked.path["token"])
        return message_json(self.interactions.follow_up(interaction, asked.body, asked.files), self.world)

    def get(self, asked: Asked) -> Answer:
        """Return a message of this interaction's, ephemeral or not."""
        interaction = self.interactions.of_token(asked.id("application"), asked.path["token"])
        return message_json(self.interactions.message_of(interaction, _name(asked)), self.world)

    def edit(self, asked: Asked) -> Answer:
        """Change a message of this interaction's."""
        interaction = self.interactions.of_token(asked.id("application"), asked.path["token"])
        message = self.interactions.message_of(interaction, _name(asked))
        self.interactions.edit(message, asked.body, asked.files)
        return message_json(message, self.world)

    def delete(self, asked: Asked) -> Answer:
        """Delete a message of this interaction's."""
        interaction = self.interactions.of_token(asked.id("application"), asked.path["token"])
        self.interactions.posting.delete(self.interactions.message_of(interaction, _name(asked)))
        return None

    def _route(self, name: str, method: str, path: str, perform: object, major: tuple[str, ...] = ()) -> Route:
        assert callable(perform)
        return Route(name, method, path, perform, is_public=True, is_exempt=True, major=major)


@dataclass(slots=True)
class CommandRoutes:
    """The registration of commands, everywhere or in one guild."""

    world: World

    def routes(self) -> list[Route]:
        """Return what can be asked for."""
        everywhere = "/applications/{application}/commands"
        in_guild = "/applications/{application}/guilds/{guild}/commands"
        return [
            Route(f"commands.{verb}", method, path, perform)
            for path in (everywhere, in_guild)
            for verb, method, perform in (
                ("sync", "PUT", self.overwrite),
                ("list", "GET", self.listed),
                ("add", "POST", self.add),
            )
        ] + [Route("command.delete", "DELETE", f"{everywhere}/{{command}}", self.delete)]

    def overwrite(self, asked: Asked) -> Answer:
        """Replace all commands; what keeps its type and name keeps its id."""
        guild = _guild(asked)
        check_commands(asked.body)
        before = {(each["type"], each["name"]): each["id"] for each in self.world.commands.get(guild, [])}
        self.world.commands[guild] = [self._registered(each, guild, before) for each in asked.body]
        self.world.syncs.append(guild)
        self.world.changed()
        return list(self.world.commands[guild])

    def listed(self, asked: Asked) -> Answer:
        """Return what is registered."""
        return list(self.world.commands.get(_guild(asked), []))

    def add(self, asked: Asked) -> Answer:
        """Add one command, or replace the one with its name."""
        guild = _guild(asked)
        check_command(asked.body)
        there = self.world.commands.setdefault(guild, [])
        before = {(each["type"], each["name"]): each["id"] for each in there}
        command = self._registered(asked.body, guild, before)
        there[:] = [each for each in there if each["id"] != command["id"]] + [command]
        return command

    def delete(self, asked: Asked) -> Answer:
        """Take a command away."""
        there = self.world.commands.get(None, [])
        left = [each for each in there if each["id"] != asked.path["command"]]
        if len(left) == len(there):
            raise Refused(*UNKNOWN_COMMAND)
        self.world.commands[None] = left
        return None

    def _registered(self, command: Payload, guild: int | None, before: dict[tuple[int, str], str]) -> Payload:
        kind = command.get("type", CHAT_INPUT)
        of_guild = {} if guild is None else {"guild_id": str(guild)}
        defaults: Payload = {"default_member_permissions": None, "dm_permission": True, "nsfw": False}
        # Discord's default: all contexts for what is registered everywhere, and installs into guilds only
        defaults |= {"contexts": None, "integration_types": [0]}
        return (
            defaults
            | {name: value for name, value in command.items() if value is not None}
            | of_guild
            | {
                "id": before.get((kind, command["name"])) or str(self.world.new_id()),
                "application_id": str(self.world.application.id),
                "version": str(self.world.new_id()),
                "type": kind,
                "description": command.get("description") or "",
            }
        )


def _guild(asked: Asked) -> int | None:
    return asked.id("guild") if "guild" in asked.path else None


def _name(asked: Asked) -> str:
    return asked.path.get("message", "@original")
