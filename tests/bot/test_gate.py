"""Every kind of event on every surface by every role: what the gate decides, and why."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from bot.gate import UNKNOWN, Act, Answer, ConversationState, GateRules, Ignore, Lists, Reason, Refuse, decide

RULES = GateRules(
    workspaces=Lists(denied=frozenset({"w-denied"})),
    channels=Lists(denied=frozenset({"ch-denied"})),
    users=Lists(denied=frozenset({"banned"})),
    roles=Lists(denied=frozenset({"muted-role"})),
    staff_users=frozenset({"sam"}),
    staff_roles=frozenset({"support"}),
    max_chars=100,
)
TALKING = ConversationState(is_known=True, people=frozenset({"ann"}))
CROWD = ConversationState(is_known=True, people=frozenset({"ann", "bob"}))

ROLES: dict[str, dict[str, object]] = {
    "asker": {"author": "ann"},
    "stranger": {"author": "eve"},
    "staff": {"author": "sam"},
    "staff by role": {"author": "tim", "roles": frozenset({"support"})},
    "banned": {"author": "banned"},
    "banned by role": {"author": "joe", "roles": frozenset({"muted-role"})},
    "bot": {"author": "other-bot", "is_from_bot": True},
    "self": {"author": "me", "is_own": True, "is_from_bot": True},
}
PERSONS = ("asker", "stranger", "staff", "staff by role")


def event(kind: Kind, surface: Surface, role: str = "asker", **values: object) -> IncomingMessage:
    base = IncomingMessage("m1", "c1", "ann", "how?", kind=kind, surface=surface, workspace="w", channel="ch")
    return replace(base, **ROLES[role], **values)  # type: ignore[arg-type]  # the tables hold only fields


def expected(kind: Kind, surface: Surface, role: str) -> str:
    """Return the decision in a thread that bot and "ann" share, written as a table of its own."""
    if role in {"bot", "self"}:
        return "own message" if role == "self" else "another bot"
    if role.startswith("banned"):
        return "refuse" if kind in {Kind.COMMAND, Kind.BUTTON} else "person or role not served"
    silent = {
        Kind.BUTTON: "asks for nothing",
        Kind.REACTION: "asks for nothing",
        Kind.EDIT: "an edit of something that doesn't wait",
        Kind.DELETE: "a deletion of something that doesn't wait",
    }
    if kind in silent:
        return silent[kind]
    if kind in {Kind.MENTION, Kind.DM, Kind.COMMAND} or surface is Surface.DM:
        return "answer"
    return "answer" if surface is Surface.THREAD and role == "asker" else "not addressed"


@pytest.mark.parametrize(("kind", "surface", "role"), [*product(Kind, Surface, ROLES)])
def test_every_kind_on_every_surface_by_every_role(kind: Kind, surface: Surface, role: str) -> None:
    decision = decide(event(kind, surface, role), TALKING, RULES)
    match decision:
        case Answer():
            said = "answer"
        case Refuse():
            said = "refuse"
        case Ignore(reason):
            said = reason.value
        case Act():
            said = "act"
    assert said == expected(kind, surface, role)


@pytest.mark.parametrize(
    ("state", "values", "is_answered"),
    [
        pytest.param(TALKING, {}, True, id="bot and one person talk"),
        pytest.param(UNKNOWN, {}, False, id="a thread the bot has no part in"),
        pytest.param(CROWD, {}, False, id="a second person has joined"),
        pytest.param(CROWD, {"is_addressed": True}, True, id="addressed among several"),
        pytest.param(TALKING, {"mentions": frozenset({"bob"})}, False, id="someone else is mentioned"),
        pytest.param(TALKING, {"mentions": frozenset({"ann"})}, True, id="who mentions only themselves"),
        pytest.param(TALKING, {"mentions": frozenset({"bob"}), "is_addressed": True}, True, id="both mentioned"),
        pytest.param(TALKING, {"thread_author": "bob"}, False, id="somebody else's thread"),
        pytest.param(TALKING, {"thread_author": "ann"}, True, id="one's own thread"),
        pytest.param(TALKING, {"author": "eve"}, False, id="the second person's first word"),
    ],
)
def test_follow_ups_in_a_thread(state: ConversationState, values: dict[str, object], is_answered: bool) -> None:
    base = event(Kind.THREAD_REPLY, Surface.THREAD)
    decision = decide(replace(base, **values), state, RULES)  # type: ignore[arg-type]  # as above
    assert decision == (Answer("how?") if is_answered else Ignore(Reason.NOT_ADDRESSED))


@pytest.mark.parametrize("kind", [Kind.MENTION, Kind.DM, Kind.THREAD_REPLY, Kind.COMMAND])
@pytest.mark.parametrize("role", PERSONS)
def test_muted_and_handed_off_conversations_are_left_alone(kind: Kind, role: str) -> None:
    asked = event(kind, Surface.THREAD, role)
    for state, reason in [
        (replace(TALKING, is_muted=True), Reason.MUTED),
        (replace(TALKING, is_handed_off=True), Reason.HANDED_OFF),
    ]:
        decision = decide(asked, state, RULES)
        # Silence would look like a defect to who has given a command.
        assert isinstance(decision, Refuse if kind is Kind.COMMAND else Ignore)
        assert decision.reason is reason


@pytest.mark.parametrize(
    ("rules", "values", "is_served"),
    [
        ({}, {}, True),
        ({"channels": Lists(allowed=frozenset({"ch"}))}, {}, True),
        ({"channels": Lists(allowed=frozenset({"other"}))}, {}, False),
        ({"channels": Lists(allowed=frozenset({"ch"}), denied=frozenset({"ch"}))}, {}, False),
        ({"channels": Lists(allowed=frozenset({"other"}))}, {"surface": Surface.DM}, True),
        ({"workspaces": Lists(allowed=frozenset({"other"}))}, {}, False),
        ({"workspaces": Lists(denied=frozenset({"w"}))}, {}, False),
        ({"workspaces": Lists(allowed=frozenset({"other"}))}, {"workspace": "", "surface": Surface.DM}, True),
        ({"users": Lists(allowed=frozenset({"ann"}))}, {}, True),
        ({"users": Lists(allowed=frozenset({"bob"}))}, {}, False),
        ({"users": Lists(allowed=frozenset({"bob"})), "roles": Lists(allowed=frozenset({"vip"}))}, {}, False),
        (
            {"users": Lists(allowed=frozenset({"bob"})), "roles": Lists(allowed=frozenset({"vip"}))},
            {"roles": frozenset({"vip"})},
            True,
        ),
        ({"users": Lists(allowed=frozenset({"ann"})), "roles": Lists(denied=frozenset({"x"}))}, {}, True),
        (
            {"users": Lists(allowed=frozenset({"ann"})), "roles": Lists(denied=frozenset({"x"}))},
            {"roles": frozenset({"x"})},
            False,
        ),
    ],
)
def test_lists_of_places_and_people(rules: dict[str, Lists], values: dict[str, object], is_served: bool) -> None:
    asked = replace(event(Kind.MENTION, Surface.CHANNEL), **values)  # type: ignore[arg-type]  # as above
    assert isinstance(decide(asked, UNKNOWN, GateRules(**rules)), Answer) == is_served  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", [{"workspace": "w-denied"}, {"channel": "ch-denied"}])
def test_where_the_bot_may_not_speak_only_interactions_hear_why(kind: Kind, place: dict[str, str]) -> None:
    decision = decide(replace(event(kind, Surface.CHANNEL), **place), TALKING, RULES)  # type: ignore[arg-type]  # as above
    assert isinstance(decision, Refuse | Ignore)
    assert isinstance(decision, Refuse) == (kind in {Kind.COMMAND, Kind.BUTTON})
    assert decision.reason is Reason.PLACE_NOT_SERVED


@pytest.mark.parametrize("kind", [Kind.MENTION, Kind.DM, Kind.COMMAND])
def test_a_message_without_text_is_refused(kind: Kind) -> None:
    decision = decide(event(kind, Surface.CHANNEL, text=" \n "), UNKNOWN, RULES)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.NO_TEXT


def test_a_message_without_text_that_is_not_for_the_bot_is_ignored() -> None:
    unaddressed = event(Kind.MESSAGE, Surface.CHANNEL, text="")
    assert decide(unaddressed, UNKNOWN, RULES) == Ignore(Reason.NOT_ADDRESSED)


def test_of_a_text_too_long_the_first_part_is_read_and_that_is_said() -> None:
    decision = decide(event(Kind.MENTION, Surface.CHANNEL, text="word " * 40), UNKNOWN, RULES)
    assert isinstance(decision, Answer)
    assert decision.text == ("word " * 20).rstrip()
    assert decision.note is not None
    assert "100 characters" in decision.note


WAITED_FOR = replace(TALKING, askers=frozenset({"ann"}))


@pytest.mark.parametrize("kind", [Kind.BUTTON, Kind.REACTION, Kind.COMMAND])
@pytest.mark.parametrize(
    ("role", "may"), [("asker", True), ("staff", True), ("staff by role", True), ("stranger", False)]
)
def test_only_the_asker_or_staff_may_stop(kind: Kind, role: str, may: bool) -> None:
    decision = decide(event(kind, Surface.THREAD, role, wish=Wish.STOP), WAITED_FOR, RULES)
    if may:
        assert decision == Act(Wish.STOP)
    else:
        assert isinstance(decision, Ignore if kind is Kind.REACTION else Refuse)


def test_stop_as_a_word_stops_an_answer_and_is_a_question_otherwise() -> None:
    word = event(Kind.THREAD_REPLY, Surface.THREAD, text="Stop!")
    assert decide(word, WAITED_FOR, RULES) == Act(Wish.STOP)
    assert decide(word, TALKING, RULES) == Answer("Stop!")


def test_a_stop_button_without_an_answer_under_way_says_so() -> None:
    decision = decide(event(Kind.BUTTON, Surface.THREAD, wish=Wish.STOP), TALKING, RULES)
    assert isinstance(decision, Refuse)


@pytest.mark.parametrize(
    ("wish", "role", "may"),
    [
        (Wish.GIVE_BACK, "staff", True),
        (Wish.GIVE_BACK, "asker", False),
        (Wish.MUTE, "asker", True),
        (Wish.MUTE, "staff by role", True),
        (Wish.MUTE, "stranger", False),
        (Wish.UNMUTE, "stranger", False),
        (Wish.HELPFUL, "stranger", True),
        (Wish.UNHELPFUL, "asker", True),
        (Wish.PERSON, "asker", True),
        (Wish.NEW, "asker", True),
        (Wish.NEW, "staff", True),
        (Wish.NEW, "stranger", False),
        (Wish.SHARE, "asker", True),
        (Wish.SHARE, "stranger", False),
    ],
)
def test_who_may_wish_what(wish: Wish, role: str, may: bool) -> None:
    pressed = event(Kind.BUTTON, Surface.THREAD, role, wish=wish)
    for state in (TALKING, replace(TALKING, is_muted=True), replace(TALKING, is_handed_off=True)):
        assert isinstance(decide(pressed, state, RULES), Act if may else Refuse)


@pytest.mark.parametrize("kind", [Kind.BUTTON, Kind.COMMAND])
@pytest.mark.parametrize(("role", "may"), [("asker", True), ("staff", True), ("stranger", False)])
def test_who_may_begin_anew_while_an_answer_is_under_way(kind: Kind, role: str, may: bool) -> None:
    wish = event(kind, Surface.THREAD, role, wish=Wish.NEW)
    everyone = replace(WAITED_FOR, people=frozenset({"ann", "eve"}))
    assert isinstance(decide(wish, everyone, RULES), Act if may else Refuse)


def test_one_may_begin_anew_before_anything_was_said_but_not_mute() -> None:
    assert decide(event(Kind.COMMAND, Surface.CHANNEL, wish=Wish.NEW), UNKNOWN, RULES) == Act(Wish.NEW)
    assert isinstance(decide(event(Kind.COMMAND, Surface.CHANNEL, wish=Wish.MUTE), UNKNOWN, RULES), Refuse)


@pytest.mark.parametrize(("channel", "may"), [("help", True), ("ch", False)])
def test_whoever_acts_in_the_support_channel_is_staff_though_the_bot_answers_nobody_there(
    channel: str, may: bool
) -> None:
    rules = replace(RULES, staff_channels=frozenset({"help"}), channels=Lists(allowed=frozenset({"ch"})), users=Lists())
    pressed = event(Kind.BUTTON, Surface.CHANNEL, "stranger", wish=Wish.GIVE_BACK, channel=channel)
    assert isinstance(decide(pressed, replace(TALKING, is_handed_off=True), rules), Act if may else Refuse)
    asked = event(Kind.MENTION, Surface.CHANNEL, channel="help")
    assert decide(asked, UNKNOWN, rules) == Ignore(Reason.PLACE_NOT_SERVED)


def test_changes_of_a_waiting_question_are_honoured() -> None:
    waiting = replace(TALKING, is_waiting=True)
    assert decide(event(Kind.EDIT, Surface.THREAD, text=" better "), waiting, RULES) == Act(Kind.EDIT, "better")
    assert decide(event(Kind.EDIT, Surface.THREAD, text=""), waiting, RULES) == Act(Kind.DELETE)
    assert decide(event(Kind.DELETE, Surface.THREAD), waiting, RULES) == Act(Kind.DELETE)


_NAMES = st.sampled_from(["ann", "bob", "sam", "banned", "me"])
_MESSAGES = st.builds(
    IncomingMessage,
    id=st.just("m"),
    conversation_id=st.just("c"),
    author=_NAMES,
    text=st.text(max_size=200),
    kind=st.sampled_from(Kind),
    surface=st.sampled_from(Surface),
    workspace=st.sampled_from(["", "w", "w-denied"]),
    channel=st.sampled_from(["ch", "ch-denied"]),
    is_own=st.booleans(),
    is_from_bot=st.booleans(),
    is_addressed=st.booleans(),
    mentions=st.frozensets(_NAMES),
    wish=st.none() | st.sampled_from(Wish),
)
_STATES = st.builds(
    ConversationState,
    is_known=st.booleans(),
    people=st.frozensets(_NAMES),
    askers=st.frozensets(_NAMES),
    is_muted=st.booleans(),
    is_handed_off=st.booleans(),
    is_waiting=st.booleans(),
)


@given(_MESSAGES, _STATES)
def test_programs_never_get_a_word_and_every_answer_has_a_text_of_its_size(
    come: IncomingMessage, state: ConversationState
) -> None:
    decision = decide(come, state, RULES)
    if come.is_own or come.is_from_bot:
        assert isinstance(decision, Ignore)
    if isinstance(decision, Answer):
        assert 0 < len(decision.text) <= RULES.max_chars
        assert not state.is_muted
        assert not state.is_handed_off
