"""10,000 frames of nonsense through the socket of the real program, among questions that people really ask.

Random JSON, unknown types, spoilt and missing fields, broken and huge frames, and words that try to notify everybody.
Exits with 1 when a question isn't answered exactly once, an envelope isn't received, somebody is notified, the program
ends, or its log holds a failure or a word that was said.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.dialogues.slack_siege import Verdict, besiege


def report(verdict: Verdict, seconds: float) -> None:
    """Print the figures, and what went wrong."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in verdict.frames.most_common())
    print(f"  {sum(verdict.frames.values())} frames in {seconds:.0f} s: {kinds}")
    print(
        f"  questions {verdict.asked}   answered {verdict.answered}   envelopes acknowledged {verdict.acknowledged}   "
        f"hostile questions answered {verdict.hostile_answers}"
    )
    before, after = verdict.memory_mib
    print(
        f"  connected again {verdict.reconnected} times   log lines {sum(verdict.log.values())}   "
        f"resident {before:.0f} -> {after:.0f} MiB   exit code {verdict.exit_code}   faults {len(verdict.faults)}"
    )
    print(f"  log: {', '.join(f'{count} {name}' for name, count in verdict.log.most_common(8))}")
    for fault in verdict.faults[:30]:
        print(f"  {fault}")


def main() -> int:
    """Hold a siege for each seed and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="frames")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    options = parser.parse_args()
    is_well = True
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            home = Path(folder) / "home"
            verdict = asyncio.run(besiege(home, frames=options.count, questions=options.questions, seed=seed))
            report(verdict, time.monotonic() - began)
            is_well = is_well and not verdict.faults
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
