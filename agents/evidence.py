"""The passages of one turn, numbered: what a model reads and what citations point to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.contract import Citation
from agents.links import without_dead_links
from knowledge.contract import Passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """Numbered passages. `pinned` of them, from the front, stay the same from turn to turn and can be cached."""

    passages: tuple[Passage, ...]
    numbers: tuple[int, ...]
    is_covered: bool
    pinned: int = 0

    @property
    def by_number(self) -> dict[int, str]:
        """The texts behind each number, for checking what an answer claims."""
        texts: dict[int, str] = {}
        for number, passage in zip(self.numbers, self.passages, strict=True):
            texts[number] = f"{texts.get(number, '')}\n{passage.breadcrumb}\n{passage.text}"
        return texts

    def render(self, start: int = 0, stop: int | None = None) -> str:
        """Return passages as the model reads them; their text can't close the tag that holds it."""
        rows = zip(self.numbers[start:stop], self.passages[start:stop], strict=True)
        return "\n".join(_render(number, passage) for number, passage in rows)

    def cite(self, shown: Mapping[int, int]) -> tuple[Citation, ...]:
        """Return the sources for the numbers on screen, each once, by number."""
        first: dict[int, Passage] = {}
        for number, passage in zip(self.numbers, self.passages, strict=True):
            first.setdefault(number, passage)
        return tuple(_citation(on_screen, first[number]) for number, on_screen in shown.items())


def number_passages(passages: Iterable[Passage], *, is_covered: bool, pinned: int = 0) -> Evidence:
    """Number passages from 1; passages of one section share a number, so that it is listed as one source."""
    unique = tuple({passage.id: passage for passage in passages}.values())
    links: dict[str, int] = {}
    numbers = tuple(links.setdefault(passage.link, len(links) + 1) for passage in unique)
    return Evidence(unique, numbers, is_covered, min(pinned, len(unique)))


def _render(number: int, passage: Passage) -> str:
    text = without_dead_links(passage.text).replace("</passage", "<\\/passage")
    title = passage.breadcrumb.replace('"', "'")
    return f'<passage number="{number}" section="{title}">\n{text}\n</passage>'


def _citation(number: int, passage: Passage) -> Citation:
    return Citation(number, passage.title, passage.breadcrumb, passage.link, passage.document, passage.id, passage.text)
