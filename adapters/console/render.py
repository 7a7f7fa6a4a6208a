"""Replies as what a terminal shows. Pure: Markdown in, renderables out, nothing is written."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from adapters.console.plain import describe_contact, describe_cost, source_lines, to_printable
from adapters.contract import ReplyDone, SourceLink

# The same dialect as rich.markdown: a block that ends here ends there.
_PARSER = MarkdownIt().enable("strikethrough").enable("table")

# Beyond this an unfinished block is shown as it is written: laying out a long one twelve times a second costs
# more than its colours are worth.
_MAX_RENDERED_CHARS = 6_000


def settled_chars(text: str) -> int:
    """Return how many characters hold finished blocks: what is appended can no longer change their look.

    The last block is never finished, since a paragraph, list, table or fence may go on.
    """
    starts = [token.map[0] for token in _PARSER.parse(text) if token.level == 0 and token.map and token.nesting >= 0]
    if len(starts) < 2:
        return 0
    return sum(len(line) + 1 for line in text.split("\n")[: starts[-1]])


def answer(markdown: str) -> RenderableType:
    """Return finished Markdown."""
    return Markdown(to_printable(markdown).strip("\n"))


class Tail:
    """The unfinished end of an answer: as many of its last lines as fit on the screen."""

    def __init__(self, markdown: str) -> None:
        self._markdown = markdown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the last lines that fit, with room for the line of the cursor."""
        is_long = len(self._markdown) > _MAX_RENDERED_CHARS
        shown = Text(self._markdown[-_MAX_RENDERED_CHARS:]) if is_long else answer(self._markdown)
        lines = console.render_lines(shown, options, pad=False)
        for index, line in enumerate(lines[-max(1, options.size.height - 2) :]):
            if index:
                yield Segment.line()
            yield from line


def note(text: str) -> RenderableType:
    """Return a line about the answer rather than of it."""
    return Text(to_printable(text), style="dim")


def closing(done: ReplyDone, sources: Sequence[SourceLink]) -> list[RenderableType]:
    """Return what stands below an answer: sources, a way to a person, who answered."""
    parts: list[RenderableType] = []
    if sources:
        parts.append(Text("Sources", style="bold"))
        parts += [_linked(line, source) for line, source in zip(source_lines(sources), sources, strict=True)]
    if contact := describe_contact(done):
        parts.append(Text(contact))
    parts.append(note(describe_cost(done)))
    return parts


def _linked(line: str, source: SourceLink) -> Text:
    """Make a web address one to click on; a path below the documents folder stays text."""
    is_web = source.link.startswith(("https://", "http://"))
    style = Style(link=to_printable(source.link).replace(" ", "%20")) if is_web else Style()
    return Text(line, style=style)
