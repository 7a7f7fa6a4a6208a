"""How threads come to be and who is in them, whoever does it."""

from dataclasses import dataclass

from tests.servers.discord.posting import Draft, Posting
from tests.servers.discord.records import HAS_THREAD, Channel, ChannelKind, Message, MessageKind, User
from tests.servers.discord.world import World


@dataclass(slots=True)
class Threads:
    """Changes the threads of a world."""

    world: World
    posting: Posting

    def start(
        self,
        parent: Channel,
        owner: User,
        name: str,
        *,
        on: Message | None = None,
        kind: ChannelKind = ChannelKind.PUBLIC_THREAD,
        minutes: int = 1440,
        tags: list[int] | None = None,
    ) -> Channel:
        """Start a thread on a message, whose id it takes, or without one; the gateway hears of it first."""
        now = self.world.clock()
        thread = Channel(
            on.id if on is not None else self.world.new_id(),
            kind,
            name,
            parent.guild,
            parent,
            owner=owner.id,
            created_at=now,
            auto_archive_minutes=minutes,
            applied_tags=tags or [],
            joined={owner.id},
        )
        self.world.channels[thread.id] = thread
        self.posting.tell_channel("THREAD_CREATE", thread, newly_created=True)
        if on is not None:
            on.flags |= HAS_THREAD
            self.posting.tell("MESSAGE_UPDATE", on)
            self.posting.post(Draft(thread, owner, {}, kind=MessageKind.THREAD_STARTER, reply_to=on))
        elif parent.kind is not ChannelKind.FORUM and kind is ChannelKind.PUBLIC_THREAD:
            self.posting.post(Draft(parent, owner, {"content": name}, kind=MessageKind.THREAD_CREATED))
        return thread

    def join(self, thread: Channel, user: User) -> None:
        """Make someone a member of a thread."""
        thread.joined.add(user.id)
        self.world.changed()
