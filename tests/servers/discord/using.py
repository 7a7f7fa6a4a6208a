"""How people use the bot's commands, buttons and forms. What Discord wouldn't offer them raises NotOffered."""

from dataclasses import dataclass
from typing import Any

from tests.servers.discord.forms import CHAT_INPUT, GROUP, MESSAGE_MENU, SUB_COMMAND
from tests.servers.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interactions
from tests.servers.discord.records import Attachment, Channel, Interaction, Message, Payload, Role, User, parts_of
from tests.servers.discord.wire import attachment_json, channel_json, member_json, message_json, role_json, user_json
from tests.servers.discord.world import World

GUILD, BOT_DM, PRIVATE_CHANNEL = 0, 1, 2


class NotOffered(LookupError):
    """People can't do this on Discord: there is no such command, button or option for them here."""


@dataclass(frozen=True, slots=True)
class File:
    """A file for an option of a command."""

    name: str
    data: bytes
    content_type: str = "text/plain"


@dataclass(slots=True)
class Using:
    """The actions that begin an interaction. Each returns at once; what the bot answers is in the interaction."""

    world: World
    interactions: Interactions

    async def command(self, user: User, channel: Channel, name: str, **options: Any) -> Interaction:
        """Use a slash command, with its subcommand if it has some: `support ask`."""
        command = self._offered(user, channel, CHAT_INPUT, name.split(maxsplit=1)[0])
        path, wanted = _descend(command, name.split()[1:])
        resolved: Payload = {}
        values = [self._value(each, options, channel, resolved) for each in wanted if each["name"] in options]
        missing = [each["name"] for each in wanted if each.get("required") and each["name"] not in options]
        unknown = set(options) - {each["name"] for each in wanted}
        if missing or unknown:
            raise NotOffered(f"/{name}: missing {missing}, unknown {sorted(unknown)}")
        data = _command_data(command, path, values) | ({"resolved": resolved} if resolved else {})
        is_foreign = self._is_user_install(command, channel)
        return self.interactions.begin(COMMAND, user, channel, data, name=name, by_user_install=is_foreign)

    async def autocomplete(
        self, user: User, channel: Channel, name: str, option: str, typed: str, **options: Any
    ) -> list[str]:
        """Type into an option and return the names of the choices that the bot offers."""
        command = self._offered(user, channel, CHAT_INPUT, name.split(maxsplit=1)[0])
        path, wanted = _descend(command, name.split()[1:])
        if not any(each["name"] == option and each.get("autocomplete") for each in wanted):
            raise NotOffered(f"/{name} doesn't complete {option}")
        values = [self._value(each, options, channel, {}) for each in wanted if each["name"] in options]
        kind = next(each["type"] for each in wanted if each["name"] == option)
        values.append({"name": option, "type": kind, "value": typed, "focused": True})
        data = _command_data(command, path, values)
        asked = self.interactions.begin(AUTOCOMPLETE, user, channel, data, name=name)
        await self.world.until(lambda: asked.answer)
        return [each["name"] for each in asked.choices]

    async def context_menu(self, user: User, name: str, message: Message) -> Interaction:
        """Use a command of a message's menu."""
        channel = message.channel
        command = self._offered(user, channel, MESSAGE_MENU, name)
        shown = message_json(message, self.world)
        data = _command_data(command, [], []) | {
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): shown}},
        }
        data.pop("options")
        is_foreign = self._is_user_install(command, channel)
        return self.interactions.begin(COMMAND, user, channel, data, name=name, by_user_install=is_foreign)

    async def presses(self, user: User, message: Message, button: str) -> Interaction:
        """Press a button, found by its custom_id or its label."""
        self._may_see(user, message)
        fitting = [each for each in message.buttons if button in {each.custom_id, each.label} and each.custom_id]
        if not fitting or fitting[0].is_disabled:
            offered = [each.label or each.custom_id for each in message.buttons if not each.is_disabled]
            raise NotOffered(f"no button {button!r} among {offered}")
        data = {"custom_id": fitting[0].custom_id, "component_type": 2, "id": 1}
        return self.interactions.begin(
            COMPONENT,
            user,
            message.channel,
            data,
            message=message,
            by_user_install=message.interaction is not None and message.interaction.by_user_install,
        )

    async def selects(self, user: User, message: Message, custom_id: str, *values: str) -> Interaction:
        """Choose from a select menu of strings."""
        self._may_see(user, message)
        parts = parts_of(message.components)
        menu = next((each for each in parts if each["type"] == 3 and each.get("custom_id") == custom_id), None)
        offered = [] if menu is None else [each["value"] for each in menu["options"]]
        if menu is None or menu.get("disabled") or not set(values) <= set(offered):
            raise NotOffered(f"no menu {custom_id!r} with {values} among {offered}")
        data = {"custom_id": custom_id, "component_type": 3, "values": list(values), "id": 1}
        return self.interactions.begin(COMPONENT, user, message.channel, data, message=message)

    async def submits(self, interaction: Interaction, **values: str) -> Interaction:
        """Send the form that an interaction opened, with its fields by custom_id."""
        form = interaction.modal
        if form is None:
            raise NotOffered("no form was opened")
        rows = [_filled(part, values) for part in form["components"]]
        data: Payload = {"custom_id": form["custom_id"], "components": rows}
        return self.interactions.begin(
            MODAL_SUBMIT,
            interaction.user,
            interaction.channel,
            data,
            message=interaction.message,
            by_user_install=interaction.by_user_install,
        )

    def _offered(self, user: User, channel: Channel, kind: int, name: str) -> Payload:
        guild = None if channel.guild is None else channel.guild.id
        there = [*self.world.commands.get(guild, [])] if guild is not None else []
        there += self.world.commands.get(None, [])
        for command in there:
            if (command["type"], command["name"]) == (kind, name) and self._is_usable(command, user, channel):
                return command
        raise NotOffered(f"no command {name!r} here among {[each['name'] for each in there]}")

    def _is_usable(self, command: Payload, user: User, channel: Channel) -> bool:
        if channel.guild is None:
            is_bots = self.world.bot in channel.recipients and len(channel.recipients) == 2
            context = BOT_DM if is_bots else PRIVATE_CHANNEL
        else:
            context = GUILD
            if user.id not in channel.guild.members:
                return False
        contexts = command["contexts"]
        if contexts is None:
            contexts = [GUILD, BOT_DM] if command["dm_permission"] else [GUILD]
        is_there = self.world.bot.id in channel.guild.members if channel.guild is not None else context == BOT_DM
        installs = command["integration_types"] or [0]
        return context in contexts and ((0 in installs and is_there) or 1 in installs)

    def _is_user_install(self, command: Payload, channel: Channel) -> bool:
        if channel.guild is not None:
            return self.world.bot.id not in channel.guild.members
        return 1 in (command["integration_types"] or [0])

    def _may_see(self, user: User, message: Message) -> None:
        if message.is_deleted or message.seen_only_by not in {None, user}:
            raise NotOffered("this message isn't there for this person")

    def _value(self, option: Payload, options: dict[str, Any], channel: Channel, resolved: Payload) -> Payload:
        value = options[option["name"]]
        if isinstance(value, User | Role | Channel | File):
            value = self._resolve(value, channel, resolved)
        offered = [each["value"] for each in option.get("choices") or []]
        if offered and value not in offered:
            raise NotOffered(f"{option['name']} has no choice {value!r}")
        return {"name": option["name"], "type": option["type"], "value": value}

    def _resolve(self, value: User | Role | Channel | File, channel: Channel, resolved: Payload) -> str:
        guild = channel.guild
        match value:
            case User():
                resolved.setdefault("users", {})[str(value.id)] = user_json(value)
                if guild is not None and value.id in guild.members:
                    member = member_json(guild.members[value.id], with_user=False) | {"permissions": "0"}
                    resolved.setdefault("members", {})[str(value.id)] = member
            case Role():
                resolved.setdefault("roles", {})[str(value.id)] = role_json(value, 1)
            case Channel():
                resolved.setdefault("channels", {})[str(value.id)] = channel_json(value) | {"permissions": "0"}
            case File():
                attached = Attachment(self.world.new_id(), value.name, value.data, value.content_type)
                self.world.uploads[attached.id] = attached
                shown = attachment_json(attached, channel, self.world)
                resolved.setdefault("attachments", {})[str(attached.id)] = shown
                return str(attached.id)
        return str(value.id)


def _descend(command: Payload, names: list[str]) -> tuple[list[Payload], list[Payload]]:
    path: list[Payload] = []
    options = command.get("options") or []
    for name in names:
        found = next((each for each in options if each["name"] == name and each["type"] in {SUB_COMMAND, GROUP}), None)
        if found is None:
            raise NotOffered(f"/{command['name']} has no {name!r}")
        path.append(found)
        options = found.get("options") or []
    if any(each["type"] in {SUB_COMMAND, GROUP} for each in options):
        raise NotOffered(f"/{command['name']} takes one of {[each['name'] for each in options]}")
    return path, options


def _command_data(command: Payload, path: list[Payload], values: list[Payload]) -> Payload:
    options = values
    for part in reversed(path):
        options = [{"name": part["name"], "type": part["type"], "options": options}]
    data: Payload = {"id": command["id"], "name": command["name"], "type": command["type"], "options": options}
    return data | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _filled(part: Payload, values: dict[str, str]) -> Payload:
    if part["type"] == 18:
        return {"type": 18, "id": 1, "component": _field(part["component"], values)}
    if part["type"] == 1:
        return {"type": 1, "id": 1, "components": [_field(each, values) for each in part["components"]]}
    return {"type": part["type"], "id": 1}


def _field(part: Payload, values: dict[str, str]) -> Payload:
    value = values.get(part["custom_id"], part.get("value") or "")
    if part.get("required", True) and not value:
        raise NotOffered(f"the form wants {part['custom_id']!r}")
    if not part.get("min_length", 0) <= len(value) <= part.get("max_length", 4000):
        raise NotOffered(f"{part['custom_id']!r} doesn't take {len(value)} characters")
    filled: Payload = {"type": part["type"], "id": 2, "custom_id": part["custom_id"]}
    return filled | ({"value": value} if part["type"] == 4 else {"values": [value]})
