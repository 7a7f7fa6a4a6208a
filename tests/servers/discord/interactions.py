"""The life of an interaction: three seconds for the first answer, fifteen minutes for all that follows."""

from dataclasses import dataclass

from tests.servers.discord.asking import (
    ALREADY_ANSWERED,
    INVALID_TOKEN,
    TOO_MANY_FOLLOWUPS,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Invalid,
    Refused,
    Upload,
)
from tests.servers.discord.checks import check_edit, check_message
from tests.servers.discord.forms import check_choices, check_modal
from tests.servers.discord.message_routes import SETTABLE
from tests.servers.discord.permissions import Permission, permissions_of
from tests.servers.discord.posting import Draft, Posting
from tests.servers.discord.records import (
    EPHEMERAL,
    LOADING,
    Channel,
    Interaction,
    Message,
    MessageKind,
    Payload,
    User,
)
from tests.servers.discord.wire_interactions import interaction_json
from tests.servers.discord.world import World

FOLLOWUPS_OF_USER_INSTALL = 5
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ANSWERS = {
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}
"""Which callbacks each kind of interaction takes."""


@dataclass(slots=True)
class Interactions:
    """Begins interactions for people and takes the bot's answers.

    A test that isn't about time may give a slow machine more than Discord's `answer_seconds`.
    """

    world: World
    posting: Posting
    answer_seconds: float = 3.0
    token_seconds: float = 15 * 60.0

    def begin(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: Payload,
        *,
        name: str = "",
        message: Message | None = None,
        by_user_install: bool = False,
    ) -> Interaction:
        """Hand the bot an interaction; the clock runs from now."""
        interaction = Interaction(
            id=self.world.new_id(),
            token=self.world.new_token(),
            kind=kind,
            user=user,
            channel=channel,
            created_at=self.world.clock(),
            data=data,
            name=name,
            message=message,
            by_user_install=by_user_install,
        )
        self.world.interactions[interaction.token] = interaction
        self.world.emit("INTERACTION_CREATE", interaction_json(interaction, self.world), 0)
        self.world.changed()
        return interaction

    def answer(
        self, interaction_id: int, token: str, kind: int, data: Payload, files: tuple[Upload, ...]
    ) -> Interaction:
        """Take the first answer: one, in time, and of a type that fits."""
        interaction = self.world.interactions.get(token)
        now = self.world.clock()
        if interaction is None or interaction.id != interaction_id:
            raise Refused(*UNKNOWN_INTERACTION)
        if now - interaction.created_at >= self.token_seconds:
            raise Refused(*UNKNOWN_INTERACTION)
        if interaction.answer is not None:
            raise Refused(*ALREADY_ANSWERED)
        if now - interaction.created_at >= self.answer_seconds:
            raise Refused(*UNKNOWN_INTERACTION)
        if kind not in ANSWERS[interaction.kind] or (kind in {DEFER_UPDATE, UPDATE} and interaction.message is None):
            raise Invalid("type", "BASE_TYPE_CHOICES", "Value must fit the kind of interaction.")
        self._perform(interaction, kind, data, files)
        interaction.answer, interaction.answered_at = (kind, data), now
        self.world.changed()
        return interaction

    def of_token(self, application: int, token: str) -> Interaction:
        """Return the interaction of a token that still works and was answered."""
        interaction = self.world.interactions.get(token)
        if interaction is None or application != self.world.application.id:
            raise Refused(*UNKNOWN_WEBHOOK)
        if self.world.clock() - interaction.created_at >= self.token_seconds:
            raise Refused(*INVALID_TOKEN)
        if interaction.answer is None:
            raise Refused(*UNKNOWN_WEBHOOK)
        return interaction

    def message_of(self, interaction: Interaction, name: str) -> Message:
        """Return the original response, or a message by its id: the ephemeral ones are reached only here."""
        if name == "@original":
            message = interaction.original
        else:
            mine = [interaction.original, *interaction.followups]
            message = next((each for each in mine if each is not None and str(each.id) == name), None)
        if message is None or message.is_deleted:
            raise Refused(*UNKNOWN_MESSAGE)
        return message

    def edit(self, message: Message, body: Payload, files: tuple[Upload, ...]) -> None:
        """Change a response; the first change of a deferred one ends its loading."""
        check_edit(message, body, has_files=bool(files))
        if message.is_loading:
            self.posting.fill(message, body, files)
        else:
            self.posting.edit(message, body, files)

    def follow_up(self, interaction: Interaction, body: Payload, files: tuple[Upload, ...]) -> Message:
        """Post another message; the first one after a defer takes the place of the loading one."""
        check_message(body, has_files=bool(files))
        original = interaction.original
        if original is not None and original.is_loading and not original.is_deleted:
            self.posting.fill(original, body, files)
            return original
        if interaction.by_user_install and len(interaction.followups) >= FOLLOWUPS_OF_USER_INSTALL:
            raise Refused(*TOO_MANY_FOLLOWUPS)
        message = self._post(interaction, body, files, interaction.message)
        interaction.followups.append(message)
        return message

    def _perform(self, interaction: Interaction, kind: int, data: Payload, files: tuple[Upload, ...]) -> None:
        if kind == CHOICES:
            check_choices(data.get("choices") or [], "data.choices")
        elif kind == MODAL:
            check_modal(data)
        elif kind == MESSAGE:
            check_message(data, has_files=bool(files))
            interaction.original = self._post(interaction, data, files, interaction.message)
        elif kind == DEFER:
            flags = (data.get("flags") or 0) & EPHEMERAL | LOADING
            interaction.original = self._post(interaction, {"flags": flags}, (), interaction.message)
        else:
            interaction.original = interaction.message
            if kind == UPDATE and interaction.message is not None:
                check_edit(interaction.message, data, has_files=bool(files))
                self.posting.edit(interaction.message, data, files)

    def _post(
        self, interaction: Interaction, body: Payload, files: tuple[Upload, ...], below: Message | None
    ) -> Message:
        flags = (body.get("flags") or 0) & (SETTABLE | EPHEMERAL | LOADING)
        if _must_hide(interaction):
            flags |= EPHEMERAL
        kind = MessageKind.COMMAND if interaction.kind == COMMAND else MessageKind.DEFAULT
        if "target_id" in interaction.data:
            kind = MessageKind.CONTEXT_MENU
        return self.posting.post(
            Draft(
                interaction.channel,
                self.world.bot,
                body,
                files,
                kind=kind if below is None else MessageKind.REPLY,
                flags=flags,
                reply_to=below,
                interaction=interaction,
                seen_only_by=interaction.user if flags & EPHEMERAL else None,
            )
        )


def _must_hide(interaction: Interaction) -> bool:
    """Tell whether an answer must be ephemeral: apps from outside that the channel doesn't want to see."""
    if not interaction.by_user_install or interaction.channel.guild is None:
        return False
    return not permissions_of(interaction.user.id, interaction.channel) & Permission.USE_EXTERNAL_APPS
