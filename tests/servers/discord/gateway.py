"""The gateway's sessions: who gets which event, in which order, and what is replayed to whom comes back."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.servers.discord.connection import Close, Connection
from tests.servers.discord.records import Payload
from tests.servers.discord.wire import guild_json, user_json
from tests.servers.discord.world import World

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT
ALL_INTENTS = (1 << 26) - 1


@dataclass(slots=True, eq=False)
class Session:
    """What the gateway remembers of one IDENTIFY: every event since, whether it could be sent or not."""

    id: str
    intents: int
    shard: tuple[int, int]
    sequence: int = 0
    sent: list[tuple[int, str]] = field(default_factory=list)
    connection: Connection | None = None
    left_at: float = 0.0

    def dispatch(self, name: str, payload: Any) -> None:
        """Number an event, keep it for a RESUME and send it, if someone is connected."""
        self.sequence += 1
        text = json.dumps({"op": 0, "t": name, "s": self.sequence, "d": payload})
        self.sent.append((self.sequence, text))
        if self.connection is not None:
            self.connection.send(text)

    def takes(self, payload: Payload) -> bool:
        """Tell whether an event belongs to this shard; what is of no guild belongs to the first one."""
        number, count = self.shard
        guild = payload.get("guild_id")
        return number == (0 if guild is None else (int(guild) >> 22) % count)


@dataclass(frozen=True, slots=True)
class Identify:
    """One IDENTIFY that was accepted."""

    at: float
    intents: int
    shard: tuple[int, int]


@dataclass(slots=True)
class Gateway:
    """All sessions, and what the tests may do to them. `url` is what RESUME is told."""

    world: World
    url: str = ""
    shards: int = 1
    heartbeat_milliseconds: int = 41_250
    session_seconds: float = 300.0
    """How long a session without a connection can be resumed."""
    identify_gap_seconds: float = 0.0
    """How long a shard must wait after another's IDENTIFY; Discord's own is 5 s. Who doesn't gets op 9 false."""
    is_refusing: bool = False
    """New connections get a 503, as in an outage of the gateway alone."""
    is_resumable: bool = True
    """Otherwise every RESUME is answered with op 9 false."""
    sessions: dict[str, Session] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)
    identifies: list[Identify] = field(default_factory=list)
    resumes: int = 0
    """How many RESUMEs were accepted."""
    heartbeats: int = 0
    refused: list[int] = field(default_factory=list)
    """The close codes that the server itself decided on."""
    presences: list[Payload] = field(default_factory=list)

    @property
    def is_connected(self) -> bool:
        """Whether every shard has a session with a live connection."""
        live = {each.shard[0] for each in self.sessions.values() if each.connection is not None}
        return len(live) >= self.shards

    def emit(self, name: str, payload: Payload, intent: int) -> None:
        """Send an event to the sessions that asked for its kind."""
        for session in self.sessions.values():
            if session.takes(payload) and (not intent or session.intents & intent):
                session.dispatch(name, self._as_seen_with(session.intents, name, payload))

    def identify(self, connection: Connection, data: Payload) -> None:
        """Open a session, or raise Close with the code that Discord has for what is wrong."""
        if connection in {each.connection for each in self.sessions.values()}:
            raise Close(4005)
        self._check_token(data)
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS or intents < 0:
            raise Close(4013)
        if intents & PRIVILEGED & ~self.world.application.privileged:
            raise Close(4014)
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            raise Close(4010)
        if self.identifies and self.world.clock() - self.identifies[-1].at < self.identify_gap_seconds:
            connection.send_op(9, False)
            return
        self._forget_old()
        session = Session(secrets.token_hex(16), intents, (number, count), connection=connection)
        self.sessions[session.id] = session
        self.identifies.append(Identify(self.world.clock(), intents, session.shard))
        self._welcome(session)
        self.world.changed()

    def heartbeat(self, connection: Connection, _: Payload) -> None:
        """Acknowledge a heartbeat."""
        self.heartbeats += 1
        connection.send_op(11, None)

    def set_presence(self, _: Connection, data: Payload) -> None:
        """Take what the bot shows of itself."""
        self.presences.append(data)
        self.world.changed()

    def resume(self, connection: Connection, data: Payload) -> None:
        """Replay what was missed, or answer with op 9 when the session is gone."""
        self._check_token(data)
        self._forget_old()
        session = self.sessions.get(data["session_id"])
        if session is None or not self.is_resumable:
            self.sessions.pop(data["session_id"], None)
            connection.send_op(9, False)
            return
        if data["seq"] is None or data["seq"] > session.sequence:
            raise Close(4007)
        if session.connection is not None and session.connection is not connection:
            session.connection.drop()
        session.connection = connection
        for sequence, text in session.sent:
            if sequence > data["seq"]:
                connection.send(text)
        session.dispatch("RESUMED", {"_trace": []})
        self.resumes += 1
        self.world.changed()

    def members_chunk(self, connection: Connection, data: Payload) -> None:
        """Answer a request for members with one chunk."""
        asked = data["guild_id"]
        guild = self.world.guilds[int(asked[0] if isinstance(asked, list) else asked)]
        members = guild_json(guild, self.world)["members"]
        wanted = data.get("user_ids")
        if wanted is not None:
            ids = {str(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
            members = [each for each in members if each["user"]["id"] in ids]
        chunk = {"guild_id": str(guild.id), "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": []}
        for session in self.sessions.values():
            if session.connection is connection:
                session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")})

    def detach(self, connection: Connection, code: int | None) -> None:
        """Take a connection away. A client that closes with 1000 or 1001 gives its session up."""
        self.connections.discard(connection)
        for session in list(self.sessions.values()):
            if session.connection is connection:
                session.connection, session.left_at = None, self.world.clock()
                if code in {1000, 1001}:
                    del self.sessions[session.id]
        self.world.changed()

    def close_all(self, code: int = 4000) -> None:
        """Close every connection; what isn't 4000 ends the sessions too."""
        for connection in list(self.connections):
            connection.close(code)
        if code != 4000:
            self.sessions.clear()

    def reconnect_all(self) -> None:
        """Ask every client to reconnect and resume (op 7)."""
        for connection in self.connections:
            connection.send_op(7, None)

    def invalidate_all(self, *, may_resume: bool) -> None:
        """Declare every session invalid (op 9)."""
        for connection in self.connections:
            connection.send_op(9, may_resume)
        if not may_resume:
            self.sessions.clear()

    def stall(self) -> None:
        """Let every connection that is open fall silent: no event, no heartbeat acknowledged, and no close."""
        for connection in self.connections:
            connection.is_stalled = True

    def drop_all(self) -> None:
        """Reset every connection, without a close frame."""
        for connection in list(self.connections):
            connection.drop()

    def send_raw(self, name: str, payload: Any) -> None:
        """Send an event exactly as given, malformed or unknown."""
        for session in self.sessions.values():
            session.dispatch(name, payload)

    def repeat(self, count: int = 1) -> None:
        """Send the last events of every session once more, as a RESUME can."""
        for session in self.sessions.values():
            for _, text in session.sent[-count:]:
                if session.connection is not None:
                    session.connection.send(text)

    def _welcome(self, session: Session) -> None:
        application = self.world.application
        mine = [each for each in self.world.guilds.values() if application.bot.id in each.members]
        mine = [each for each in mine if session.takes({"guild_id": each.id})]
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": user_json(application.bot) | {"verified": True, "mfa_enabled": True, "email": None},
                "guilds": [{"id": str(each.id), "unavailable": True} for each in mine],
                "private_channels": [],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": list(session.shard),
                "application": {"id": str(application.id), "flags": application.flags},
            },
        )
        if session.intents & GUILDS:
            for guild in mine:
                if not guild.is_unavailable:
                    session.dispatch("GUILD_CREATE", guild_json(guild, self.world))

    def _forget_old(self) -> None:
        oldest = self.world.clock() - self.session_seconds
        kept = {name: each for name, each in self.sessions.items() if each.connection or each.left_at >= oldest}
        self.sessions = kept

    def _check_token(self, data: Payload) -> None:
        if str(data.get("token")).removeprefix("Bot ") != self.world.application.token:
            raise Close(4004)

    def _as_seen_with(self, intents: int, name: str, payload: Payload) -> Payload:
        if name not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"} or intents & MESSAGE_CONTENT:
            return payload
        bot = str(self.world.bot.id)
        is_named = any(each["id"] == bot for each in payload["mentions"])
        if "guild_id" not in payload or payload["author"]["id"] == bot or is_named:
            return payload
        return payload | {"content": "", "embeds": [], "attachments": [], "components": []}
