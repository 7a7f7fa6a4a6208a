from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import empty_checkpoint

from agents.memory import (
    KEPT_MESSAGES,
    MAX_MESSAGES,
    MAX_SUMMARY_CHARS,
    forget_conversations,
    open_checkpoints,
    split_window,
    summarise_locally,
)


def talk(turns: int) -> list[AnyMessage]:
    return [m for n in range(turns) for m in (HumanMessage(f"q{n}", id=f"q{n}"), AIMessage(f"a{n}", id=f"a{n}"))]


@given(st.lists(st.booleans(), max_size=60))
def test_a_window_loses_nothing_and_begins_with_a_question(is_question: list[bool]) -> None:
    messages: list[AnyMessage] = [
        HumanMessage("q", id=str(n)) if asked else AIMessage("a", id=str(n)) for n, asked in enumerate(is_question)
    ]
    dropped, kept = split_window(messages)
    assert dropped + kept == messages
    assert len(kept) <= MAX_MESSAGES
    if dropped and any(message.type == "human" for message in kept):
        assert kept[0].type == "human"


def test_a_full_window_is_cut_well_below_its_limit_so_that_summaries_are_rare() -> None:
    dropped, kept = split_window(talk(11))
    assert len(kept) == KEPT_MESSAGES
    assert len(dropped) == 22 - KEPT_MESSAGES


def test_a_local_summary_keeps_the_latest_questions_and_stays_small() -> None:
    summary = ""
    for _ in range(50):
        summary = summarise_locally(summary, talk(10))
    assert len(summary) <= MAX_SUMMARY_CHARS
    assert summary.endswith("- asked: q9")


async def test_the_checkpoint_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    async with open_checkpoints(tmp_path / "c.db"):
        assert (tmp_path / "c.db").stat().st_mode & 0o777 == 0o600


async def test_forgotten_conversations_are_gone_from_the_file_and_a_missing_file_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.db"
    assert await forget_conversations(path, ["c1"]) == 0
    assert not path.exists()
    async with open_checkpoints(path) as checkpoints:
        for where in ("c1", "c2"):
            config = {"configurable": {"thread_id": where, "checkpoint_ns": ""}}
            await checkpoints.aput(config, empty_checkpoint(), {}, {})  # type: ignore[arg-type]  # a plain dict will do
    assert await forget_conversations(path, ["c1", "c3"]) == 1
    async with open_checkpoints(path) as checkpoints:
        left = [await checkpoints.aget({"configurable": {"thread_id": where}}) for where in ("c1", "c2")]
    assert [kept is None for kept in left] == [True, False]
