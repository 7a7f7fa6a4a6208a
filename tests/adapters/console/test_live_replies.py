"""Replies on a terminal, seen through a console that records what it was sent."""

import io
import re
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from adapters.console.render import Tail, settled_chars
from adapters.console.terminal import TerminalScreen
from adapters.contract import (
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourceLink,
    SourcesShown,
    StatusShown,
    TextAdded,
    TextReset,
)

ROUTE = RouteShown("billing", "Billing", 0.93, "local", "q")
SOURCE = SourceLink(1, "Refunds > When", "https://docs.example/refunds#when")

BLOCKS = st.sampled_from(
    [
        "A paragraph of words.",
        "# A heading",
        "- one\n- two\n\n  more of two",
        "1. first\n2. second",
        "> quoted\n> twice",
        "```python\nx = 1\n\ny = 2\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "---",
        "Title\n=====",
        "    indented",
        "*a* [1]",
    ]
)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def done(text: str, contact: str | None = None) -> ReplyDone:
    return ReplyDone(text, "answered", "openai:gpt-4o-mini", 1.25, 700, 40, 0.000129, contact)


async def draw(
    *events: ReplyEvent,
    frame: float = 1.0,
    height: int = 24,
    stop: bool = False,
    color: Literal["truecolor"] | None = None,
) -> str:
    """Return all bytes sent to a terminal of that height; each event comes a frame after the one before."""
    out, clock = io.StringIO(), Clock()
    console = Console(
        file=out,
        force_terminal=True,
        color_system=color,
        width=60,
        height=height,
        highlight=False,
        legacy_windows=False,
    )
    with TerminalScreen(console, clock).open_reply("q") as reply:
        for event in events:
            clock.now += frame
            reply.show(event)
        if stop:
            reply.stop()
    return out.getvalue()


def lasting(sent: str) -> str:
    """Return what stays on the screen: play back carriage returns, cursor moves and erasures."""
    rows: list[str] = [""]
    row = column = 0
    for token in re.findall(r"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-9;?]*[A-Za-z]|.", sent, re.DOTALL):
        if token == "\n":
            row, column = row + 1, 0
            rows += [""] * (row - len(rows) + 1)
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b"):
            if token.endswith("A"):
                row -= int(token[2:-1] or 1)
            elif token == "\x1b[2K":
                rows[row] = ""
        else:
            line = rows[row].ljust(column)
            rows[row] = line[:column] + token + line[column + 1 :]
            column += 1
    return "\n".join(line.rstrip() for line in rows)


async def test_the_answer_stands_once_below_its_route_and_above_its_sources() -> None:
    words = [f"word{n} " for n in range(40)]
    sent = await draw(ROUTE, *map(TextAdded, words), SourcesShown((SOURCE,)), done("".join(words)))
    screen = lasting(sent)
    assert [screen.count(word) for word in words] == [1] * 40 or all(
        screen.split().count(w.strip()) == 1 for w in words
    )
    assert (
        screen.index("Billing (93%")
        < screen.index("word0")
        < screen.index("[1] Refunds > When")
        < screen.index("1.2 s")
    )


async def test_an_answer_longer_than_the_window_loses_no_line() -> None:
    lines = (
        [f"- item {n}\n" for n in range(60)] + ["\nAfter the list.\n\n"] + [f"Paragraph {n}.\n\n" for n in range(30)]
    )
    screen = lasting(await draw(ROUTE, *map(TextAdded, lines), done("".join(lines)), height=10))
    assert [n for n in range(60) if screen.count(f"item {n}\n") != 1] == []
    assert [n for n in range(30) if screen.count(f"Paragraph {n}.") != 1] == []


async def test_finished_blocks_are_sent_once_and_only_the_end_is_drawn_anew() -> None:
    pieces = ["The first paragraph.\n\n", *(f"w{n} " for n in range(50))]
    sent = await draw(*map(TextAdded, pieces), done("".join(pieces)))
    # Once as the unfinished end, once for good.
    assert sent.count("The first paragraph.") == 2


async def test_at_most_twelve_frames_a_second_are_drawn() -> None:
    pieces = [f"w{n} " for n in range(100)]
    slow = await draw(*map(TextAdded, pieces), done("".join(pieces)), frame=1 / 12 + 1e-6)
    fast = await draw(*map(TextAdded, pieces), done("".join(pieces)), frame=1 / 100)
    assert slow.count("w0 ") >= 100
    assert fast.count("w0 ") <= 14


async def test_another_models_text_replaces_what_was_not_yet_finished() -> None:
    screen = lasting(await draw(TextAdded("Wrong start"), TextReset("cut"), TextAdded("Right."), done("Right.")))
    assert "Wrong" not in screen
    assert "another model" not in screen


async def test_text_that_has_scrolled_by_is_said_to_be_void_when_another_model_begins() -> None:
    events = (TextAdded("Wrong.\n\nMore"), TextReset("cut"), TextAdded("Right."), done("Right."))
    screen = lasting(await draw(*events))
    assert screen.index("Wrong.") < screen.index("(another model answers anew)") < screen.index("Right.")
    assert "More" not in screen


async def test_the_final_text_is_printed_anew_if_it_differs_from_what_scrolled_by() -> None:
    screen = lasting(await draw(TextAdded("Yes [9].\n\nAnd so on."), done("Yes.\n\nAnd so on.")))
    assert screen.index("Yes [9].") < screen.index("after its sources were checked") < screen.index("Yes.\n")
    assert screen.count("And so on.") == 1


async def test_a_stopped_answer_keeps_its_text() -> None:
    screen = lasting(await draw(ROUTE, TextAdded("One.\n\nTwo and"), stop=True))
    assert screen.count("One.") == screen.count("Two and") == 1
    assert "(stopped)" in screen


async def test_a_failure_takes_the_half_answer_away_and_says_one_sentence() -> None:
    screen = lasting(await draw(ROUTE, TextAdded("Half an"), ReplyFailed("Sorry [x] (reference ab12).", "ab12")))
    assert "Half" not in screen
    assert "Sorry [x] (reference ab12)." in screen


async def test_a_status_shows_until_there_is_text() -> None:
    sent = await draw(StatusShown("Searching"), TextAdded("Found."), done("Found."))
    assert "Searching" in sent
    assert "Searching" not in lasting(sent)


async def test_a_web_source_can_be_clicked_and_a_path_cannot() -> None:
    sent = await draw(
        SourcesShown((SOURCE, SourceLink(2, "Notes", "general/notes.txt"))), done("x [1] [2]"), color="truecolor"
    )
    linked = re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b", sent)
    assert linked == ["https://docs.example/refunds#when"]
    assert "general/notes.txt" in sent


async def test_hostile_text_moves_no_cursor() -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07 text \x9b5A"
    sent = await draw(TextAdded(hostile), SourcesShown((SourceLink(1, hostile, "x"),)), done(hostile, contact=hostile))
    assert "\x1b[2J" not in sent
    assert "\x1b]0" not in sent
    assert "\x9b" not in sent


def test_the_tail_of_a_window_shows_the_newest_lines() -> None:
    console = Console(file=io.StringIO(), width=40, height=6, color_system=None)
    with console.capture() as capture:
        console.print(Tail("\n".join(f"- item {n}" for n in range(50))))
    assert [line.split()[-1] for line in capture.get().splitlines()] == ["46", "47", "48", "49"]


@settings(max_examples=60)
@given(st.lists(BLOCKS, max_size=6), BLOCKS, st.integers(0, 80))
def test_what_is_settled_never_changes_however_the_text_goes_on(blocks: list[str], more: str, cut: int) -> None:
    """Printing settled blocks and the rest apart shows the same words as printing the whole."""
    text = "\n\n".join([*blocks, more])
    early = text[: max(0, len(text) - cut)]
    settled = settled_chars(early)
    assert settled <= settled_chars(text)
    assert text[:settled] == early[:settled]
    assert settled == 0 or text[settled - 1] == "\n"
