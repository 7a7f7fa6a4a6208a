"""The text of one reply as it comes, and the messages that it makes. Knows nothing of what is on screen."""

from adapters.limits import Limits
from adapters.markdown.heal import close_fence
from adapters.markdown.neutralise import PingRule, neutralise
from adapters.markdown.split import Pages, common_length, normalise

_SHRINK = 0.8
_MIN_SIZE = 200
_FILE_NOTE = "\n\n*The answer goes on in the attached file, which holds all of it.*"


class Draft:
    """Text that grows, laid out in pages that fit the platform after escaping and neutralising.

    `epoch` counts the times that the text began anew: offsets of an earlier epoch mean nothing.
    """

    def __init__(self, limits: Limits, *, may_ping: frozenset[str], ping_rule: PingRule | None) -> None:
        self.may_ping = may_ping
        self.epoch = 0
        self._limits = limits
        self._ping_rule = ping_rule or PingRule()
        self._max_size = limits.max_size
        self._incoming: list[str] = []
        self._incoming_chars = 0
        self._ends_in_return = False
        self.pages = self._build_pages()

    def _build_pages(self) -> Pages:
        return Pages(self._measure, self._max_size)

    def _measure(self, text: str) -> int:
        return self._limits.measure(self.neutralise(text))

    def neutralise(self, text: str) -> str:
        """Return a text without pings, but of those who may be pinged."""
        return neutralise(text, self._ping_rule, self.may_ping)

    @property
    def chars(self) -> int:
        """The length of the text, as far as it has come."""
        return len(self.pages.text) + self._incoming_chars

    @property
    def text(self) -> str:
        """The whole text, as it was taken in."""
        return self.pages.text

    def add(self, text: str) -> None:
        """Append text. Costs next to nothing, for this is in the loop of the tokens."""
        self._incoming.append(text)
        self._incoming_chars += len(text)

    def take_in(self, *, is_last: bool = False) -> None:
        """Lay out what was added: once for each look at the reply, not for each token."""
        if not self._incoming and not self._ends_in_return:
            return
        text = ("\r" if self._ends_in_return else "") + "".join(self._incoming)
        self._incoming.clear()
        self._incoming_chars = 0
        # A line's end may come in two halves.
        self._ends_in_return = text.endswith("\r") and not is_last
        self.pages.add(normalise(text[:-1] if self._ends_in_return else text))

    def append_block(self, text: str) -> None:
        """Add a paragraph of ours below the text, outside of code that was broken off."""
        self.take_in(is_last=True)
        if text:
            written = self.pages.text
            self.pages.add(close_fence(written)[len(written) :] + ("\n\n" if written.strip() else "") + text)

    def replace(self, text: str) -> int:
        """Make this the whole text, keeping the messages that it leaves as they are; return how much is the same."""
        self.take_in(is_last=True)
        return self.pages.replace(normalise(text))

    def reset(self) -> None:
        """Begin anew with no text."""
        self._incoming.clear()
        self._incoming_chars = 0
        self._ends_in_return = False
        self.epoch += 1
        self.pages = self._build_pages()

    def shrink(self) -> None:
        """Lay the text out in smaller messages, since the platform refused one as too long."""
        self._max_size = max(_MIN_SIZE, int(self._max_size * _SHRINK))
        text = self.pages.text
        self.epoch += 1
        self.pages = self._build_pages()
        self.pages.add(text)

    def settled(self, index: int, shown: str, until: int) -> int:
        """Return how much of what a message shows is as it was written, and not closed for one frame alone."""
        if index < len(self.pages.closed):
            return len(shown)
        return common_length(shown, self.neutralise(self.pages.text[self.pages.open_start : until]))

    @property
    def is_cut_short(self) -> bool:
        """Whether the text needs more messages than a reply may have: then all of it goes out as a file."""
        return self.pages.count > self._limits.max_messages

    def final_texts(self) -> list[str]:
        """Return what each message of the complete reply shows."""
        texts = self.pages.show(is_final=True)
        if self.is_cut_short:
            texts = texts[: self._limits.max_messages]
            texts[-1] = self._make_room(texts[-1])
        return [self.neutralise(text) for text in texts]

    def _make_room(self, text: str) -> str:
        """Return the last message's text with the note that the rest is in the file."""
        room = self._max_size - self._limits.measure(_FILE_NOTE)
        if self._measure(text) > room:
            pages = Pages(self._measure, room)
            pages.add(text)
            text = pages.show_piece(0, is_final=True)
        return text + _FILE_NOTE
