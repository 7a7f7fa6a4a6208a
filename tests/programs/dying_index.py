"""Index as a process of its own that kills itself, as with kill -9, at a named moment.

Arguments: home, documents folder, moment. A moment is `embedding:<n>` (while text n is embedded), `wait` (hold the lock
until stdin closes), `none`, or `<audit event>:<n>` (before the n-th such step, such as the first os.rename).
"""

import os
import signal
import sys
from pathlib import Path

from knowledge.indexing import IndexPlan, Progress, index
from tests.fakes.hashing_embedder import HashingEmbedder


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: Path, documents: Path, moment: str) -> None:
    event, _, number = moment.partition(":")
    left = int(number or 0)

    def count(happened: str) -> None:
        nonlocal left
        if happened == event:
            left -= 1
            if left == 0:
                die()

    def watch(happened: str, arguments: tuple[object, ...]) -> None:
        # Only what is done to the home counts: imports open and rename files of their own.
        if any(str(home) in str(argument) for argument in arguments[:2]):
            count(happened)

    def wait(_progress: Progress) -> None:
        if moment == "wait":
            sys.stdout.write("holding\n")
            sys.stdout.flush()
            sys.stdin.read()

    sys.addaudithook(watch)
    embedder = HashingEmbedder(before=lambda _: count("embedding")) if event == "embedding" else None
    index(IndexPlan(home, documents, domains=["general"], embedder=embedder), progress=wait)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
