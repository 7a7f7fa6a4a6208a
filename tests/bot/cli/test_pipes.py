"""The command as programs use it: pipes at both ends, exit codes, a log without secrets. Real processes."""

import json
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.programs.run import PATIENCE, PROGRAM, environment, firstline


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "work" / "home"


def test_each_line_of_a_pipe_is_answered_in_plain_markdown(home: Path) -> None:
    ended = firstline(home, "chat", typed="first\n\n/new\nswitch\nfail\nlast")
    assert ended.returncode == 0
    assert ended.stdout.count("*Billing (93%, local classifier), searched for: refund time*") == 3
    assert "You asked: **first**\n\nSources:\n\n- [1] Refunds > When it arrives: https://docs" in ended.stdout
    assert "Right." in ended.stdout
    assert "Wrong" not in ended.stdout
    assert "problem on our side (reference ab12)" in ended.stdout
    assert "You asked: **last**" in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr
    assert ended.stderr == "A fresh conversation begins.\n"


@pytest.mark.parametrize("typed", ["", "/quit\nnever asked\n"])
def test_a_chat_without_questions_ends_well(home: Path, typed: str) -> None:
    ended = firstline(home, "chat", typed=typed)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_conversation_goes_on_in_the_next_run_until_a_new_one_begins(home: Path) -> None:
    runs = [firstline(home, "chat", typed="where\n/new\nwhere\n")]
    runs += [firstline(home, "ask", "where", "--conversation", "console:default")]
    found = [[line for line in run.stdout.splitlines() if line.startswith("console:")] for run in runs]
    assert found == [["console:default", "console:default.2"], ["console:default.2"]]


def test_ask_prints_its_events_as_json_lines(home: Path) -> None:
    ended = firstline(home, "ask", "Wie lange dauert es? äöü", "--json")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert ended.stdout.isascii()
    assert [event["event"] for event in events] == ["start", "route", "token", "token", "sources", "done"]
    assert events[0]["conversation"] == f"console:ask-{events[0]['turn']}"
    assert events[1] == {
        "event": "route",
        "domain": "billing",
        "title": "Billing",
        "confidence": 0.93,
        "decided_by": "local",
        "query": "refund time",
    }
    assert "".join(event["text"] for event in events if event["event"] == "token") == events[-1]["text"]
    assert events[-1]["text"] == "You asked: **Wie lange dauert es? äöü**"
    assert events[-1]["tokens"] == {"input": 700, "output": 40}
    assert (events[-1]["cost"], events[-1]["model"], events[-1]["seconds"]) == (0.000129, "openai:gpt-4o-mini", 1.25)
    assert events[4]["sources"][0]["number"] == 1


def test_another_model_is_a_reset_event(home: Path) -> None:
    ended = firstline(home, "ask", "switch", "--json")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [event["event"] for event in events] == ["start", "route", "token", "reset", "token", "sources", "done"]


def test_a_failed_answer_is_an_error_event_and_exit_code_1(home: Path) -> None:
    ended = firstline(home, "ask", "fail", "--json")
    last = json.loads(ended.stdout.splitlines()[-1])
    assert (ended.returncode, last["event"], last["reference"]) == (1, "error", "ab12")
    assert "reference ab12" in last["message"]


def test_ask_prints_plain_markdown_into_a_pipe(home: Path) -> None:
    ended = firstline(home, "ask", "--", "-5 days?")
    assert ended.returncode == 0
    assert "**-5 days?**" in ended.stdout
    assert ended.stdout.startswith("*Billing (93%")
    assert "\x1b" not in ended.stdout


def test_tokens_arrive_before_the_answer_is_complete(home: Path) -> None:
    home.parent.mkdir()
    command = [*PROGRAM, "ask", "hang", "--json"]
    with subprocess.Popen(command, cwd=home.parent, env=environment(home), stdout=subprocess.PIPE, text=True) as asked:
        assert asked.stdout is not None
        events = [json.loads(asked.stdout.readline())["event"] for _ in range(3)]
        assert events == ["start", "route", "token"]
        asked.send_signal(signal.SIGINT)
        assert asked.wait(PATIENCE) == 130


def test_ctrl_c_in_a_pipe_keeps_the_text_so_far_and_exits_with_130(home: Path) -> None:
    home.parent.mkdir()
    with subprocess.Popen(
        [*PROGRAM, "ask", "hang"],
        cwd=home.parent,
        env=environment(home, FIRSTLINE_LOG_LEVEL="WARNING"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asked:
        assert asked.stderr is not None
        assert "agents.test" in asked.stderr.readline()
        asked.send_signal(signal.SIGINT)
        out, errors = asked.communicate(timeout=PATIENCE)
    assert asked.returncode == 130
    assert "(stopped)" in out
    assert "Traceback" not in errors


@pytest.mark.parametrize("args", [["ask", "long"], ["ask", "long", "--json"], ["chat"]])
def test_a_reader_that_goes_away_is_no_error(home: Path, args: list[str]) -> None:
    home.parent.mkdir()
    with subprocess.Popen(
        [*PROGRAM, *args],
        cwd=home.parent,
        env=environment(home, FIRSTLINE_LOG_LEVEL="ERROR"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asked:
        assert asked.stdout is not None
        asked.stdout.close()
        _, errors = asked.communicate(b"long\nlong\n", timeout=PATIENCE)
    assert asked.returncode == 141
    assert errors == b""


def test_the_state_of_a_chat_is_for_its_owner_only(home: Path) -> None:
    firstline(home, "chat", typed="hello\n")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.iterdir())}
    assert modes.pop("home") == 0o700
    assert set(modes) >= {"conversations.json", "firstline.log"}
    assert set(modes.values()) == {0o600}


def test_secrets_never_reach_the_log_and_each_record_is_one_line(home: Path) -> None:
    firstline(home, "chat", typed="hello\nagain\n")
    asked = firstline(home, "ask", "hello")
    for log in ((home / "firstline.log").read_text(), asked.stderr):
        assert "sk-secret-1" not in log
        assert "hello" not in log
        assert all(" WARNING agents.test: turn id" in line for line in log.splitlines())
        assert log.count("\n") == log.count("[secret]") > 0


def test_a_defect_is_one_line_with_a_reference_to_its_trace_in_the_log(home: Path) -> None:
    ended = firstline(home, "chat", typed="break\n")
    told = re.fullmatch(
        r"firstline: something went wrong inside Firstline \(reference (\w+), see the log\)\n", ended.stderr
    )
    assert told is not None
    assert (ended.returncode, ended.stdout) == (1, "")
    record = (home / "firstline.log").read_text().splitlines()[-1]
    assert f"CRITICAL bot: defect {told[1]}" in record
    assert "ZeroDivisionError: [secret]" in record


def test_a_misspelt_setting_is_told_and_nothing_else_happens(home: Path) -> None:
    ended = firstline(home, "route", "hello", FIRSTLINE_HOEM="x")
    assert ended.returncode == 0
    assert "FIRSTLINE_HOEM is no setting; is FIRSTLINE_HOME meant?" in ended.stderr


def test_bytes_that_are_no_text_do_not_end_a_conversation(home: Path) -> None:
    home.parent.mkdir()
    ended = subprocess.run(
        [*PROGRAM, "chat"],
        input=b"gr\xfc\xdf\nnext\n",
        cwd=home.parent,
        env=environment(home),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0
    assert b"You asked: **next**" in ended.stdout
