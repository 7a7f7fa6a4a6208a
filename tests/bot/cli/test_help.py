"""The command's help, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.exits import MEANINGS, Exit
from bot.cli.root import SUBCOMMANDS, run

ROOT = Path(__file__).parents[3]
HEAVY = ("chromadb", "langgraph", "langchain_core", "langchain_openai", "langchain_aws", "openai", "boto3", "botocore")
ALSO_HEAVY = ("onnxruntime", "numpy", "rich", "prompt_toolkit", "pydantic", "asyncio", "markdown_it", "sqlite3")


@pytest.mark.parametrize("args", [["--help"], ["chat", "--help"], ["eval", "answers", "--help"]])
def test_help_imports_nothing_that_takes_time(args: list[str]) -> None:
    program = (
        "import sys\nfrom bot.cli.root import run\n"
        f"assert run({args!r}) == 0\n"
        f"print([name for name in {(*HEAVY, *ALSO_HEAVY)!r} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"
    assert "Usage: firstline" in ended.stdout


def test_help_lists_every_subcommand_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in SUBCOMMANDS if f"\n  {name} " not in shown] == []
    assert [code for code in Exit if MEANINGS[code] not in shown] == []


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["ask"],
        ["ask", "  "],
        ["ask", "\x1b"],
        ["chat", "--conversation", "a b"],
        ["search", "x", "--limit", "0"],
        ["index", "x", "--rollback"],
        ["eval", "retrieval"],
        ["eval", "nothing"],
    ],
)
def test_a_command_that_was_written_wrongly_is_exit_code_2(
    args: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIRSTLINE_HOME", str(tmp_path / "home"))
    assert run(args) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Usage: firstline" in shown.err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("variable", "value"), [("FIRSTLINE_ROUTING", "sometimes"), ("FIRSTLINE_HOME", "/dev/null/home")]
)
def test_a_wrong_setting_is_one_line_and_exit_code_3(
    variable: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert run(["ask", "hello"]) == Exit.CONFIGURATION
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"firstline: {variable}")
    assert shown.err.count("\n") == 1
