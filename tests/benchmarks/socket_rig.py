"""The load of the streaming benchmarks over sockets, and its measure: the same for Slack and for Discord.

The real program answers questions that are marked with a number. A loopback model thinks for 0.4 s, as the simulated
table's does, and streams 300 numbered words for each.
What was generated when is the model server's record, what was visible when is the platform server's.
"""

import argparse
import asyncio
import os
import random
import re
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from tests.benchmarks.staleness_rig import FIRST_WORD_SECONDS, WORDS, WORDS_A_SECOND, Answer, write_answer
from tests.servers.model_server import Behaviour, Messages, pieces_of, text_of
from tests.servers.openai_server import OpenAIServer

_MARK = re.compile(r"\bnumber q(\d{4})\b")
_WORD = re.compile(r"\bw\d{4}\b")


@dataclass(frozen=True, slots=True)
class Look:
    """What a message shows from a moment on, in epoch seconds."""

    at: float
    place: str
    message: str
    text: str


def question(number: int) -> str:
    """Return the question with this number, which finds the document of words."""
    return f"What is the list of words w0001 w0002 w0003, number q{number:04d}?"


def write_words(documents: Path) -> None:
    """Add the document that grounds every answer."""
    words = " ".join(f"w{number:04d}" for number in range(WORDS))
    (documents / "general").mkdir(parents=True, exist_ok=True)
    (documents / "general" / "words.md").write_text(f"# List of words\n\n{words}\n", encoding="utf-8")


def script(model: OpenAIServer, *, words_per_second: float = WORDS_A_SECOND) -> None:
    """Let the model answer each question with its own paragraphs of numbered words, cited."""

    def answer(messages: Messages) -> str:
        parts = write_answer(_number_of(messages))
        return re.sub(r"\.\n", ". [1]\n", "".join(parts) + " [1]")

    model.answer = answer
    # Citations are tokens of their own: with them the words still come at their pace.
    tokens = len(pieces_of(answer([{"content": question(0)}])))
    model.default = Behaviour(tokens_per_second=words_per_second * tokens / WORDS, first_seconds=FIRST_WORD_SECONDS)


def _number_of(messages: Messages) -> int:
    marks = _MARK.findall("\n".join(text_of(each) for each in messages))
    return int(marks[-1]) if marks else 0


def build_parser(description: str | None, parts: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of which parts are wanted, and of the lines of the streaming table."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("parts", nargs="*", choices=parts, default=parts)
    parser.add_argument("--counts", nargs="+", type=int, default=(1, 10, 50), help="questions at once, a line for each")
    return parser


async def ask_within_a_second(count: int, ask: Callable[[int], Awaitable[None]]) -> None:
    """Ask that many questions at random moments of one second."""
    rng = random.Random(count)

    async def one(number: int, after: float) -> None:
        await asyncio.sleep(after)
        await ask(number)

    async with asyncio.TaskGroup() as people:
        for number in range(count):
            people.create_task(one(number, rng.random() if count > 1 else 0.0))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    unseen: float
    lag_p95: float
    first_p95: float
    messages: float
    broken: int

    def line(self, count: int, refused: int, cpu: float) -> str:
        """Return the line of the table for that many questions, with calls refused and CPU seconds used meanwhile."""
        return (
            f"  N={count:<3} unseen {self.unseen:6.1f} words   final lag p95 {self.lag_p95:5.2f} s   "
            f"first text p95 {self.first_p95:5.2f} s   messages {self.messages:.2f}   429s {refused}   "
            f"broken {self.broken}   CPU {cpu / count * 1000:.0f} ms an answer"
        )


def measure(model: OpenAIServer, looks: Iterable[Look], places: Mapping[int, str]) -> Row:
    """Return the measures of answers that are complete; `places` are the conversations of the questions' numbers."""
    shown: dict[str, list[Look]] = defaultdict(list)
    for look in sorted(looks, key=lambda look: look.at):
        shown[look.place].append(look)
    generated = _generated(model)
    answers = [_answer(generated[number], shown[place]) for number, place in places.items()]
    firsts = [(answer.first_visible_at or 1e9) - answer.generated_at[0] for answer in answers]
    whole = [f"w{number:04d}" for number in range(WORDS)]
    return Row(
        unseen=mean(answer.unseen_words() for answer in answers),
        lag_p95=p95([answer.final_lag() for answer in answers]),
        first_p95=p95(firsts),
        messages=mean(len({look.message for look in shown[place]}) for place in places.values()),
        broken=sum(_final_words(shown[place]) != whole for place in places.values()),
    )


def cpu_seconds(process: Process) -> float:
    """Return the processor time that a program has used; what the loopback servers use is not in it."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def p95(values: Iterable[float]) -> float:
    """Return the value that 95 of 100 don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def _generated(model: OpenAIServer) -> dict[int, list[float]]:
    """Return when each word of each question's answer was sent; citations are no words."""
    found = {}
    for request in model.requests:
        messages = request.body.get("messages", [])
        text = model.answer(messages)
        times = [at for piece, at in zip(pieces_of(text), request.sent_at, strict=False) if "w" in piece]
        if len(times) >= WORDS:
            found[_number_of(messages)] = times[:WORDS]
    return found


def _answer(generated_at: list[float], looks: list[Look]) -> Answer:
    answer = Answer(["w"] * len(generated_at), generated_at[0], address=None)  # type: ignore[arg-type] # not needed here
    answer.generated_at = generated_at
    counts: dict[str, int] = {}
    for look in looks:
        counts[look.message] = len(_WORD.findall(look.text))
        answer.visible_at.append((look.at, sum(counts.values())))
        if answer.first_visible_at is None and counts[look.message]:
            answer.first_visible_at = look.at
    return answer


def _final_words(looks: list[Look]) -> list[str]:
    final = {look.message: look.text for look in looks}
    return _WORD.findall("\n".join(final.values()))
