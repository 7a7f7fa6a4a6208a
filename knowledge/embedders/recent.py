"""The vectors of the last few queries: routing and search ask for the same one at the same time."""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from knowledge.contract import Embedder

_KEPT = 256


class RecentEmbedder:
    """An embedder that embeds a text once, however many threads ask for it at once. A failure is not kept."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._lock = Lock()
        self._recent: OrderedDict[str, Future[list[float]]] = OrderedDict()

    @property
    def model(self) -> str:
        """The inner embedder's model."""
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return known vectors at once, wait for those that another thread is at, and embed the others."""
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> list[float]:
        with self._lock:
            known = self._recent.get(text)
            mine = known or Future[list[float]]()
            self._recent[text] = mine
            self._recent.move_to_end(text)
            if len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
        if known is None:
            self._fill(text, mine)
        return mine.result()

    def _fill(self, text: str, future: "Future[list[float]]") -> None:
        try:
            future.set_result(self._inner.embed([text])[0])
        except BaseException as error:
            with self._lock:
                self._recent.pop(text, None)
            future.set_exception(error)
            raise
