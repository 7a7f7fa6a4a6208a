"""What the documents say of the code is compared with the code."""

from pathlib import Path

from bot.cli.exits import MEANINGS
from bot.cli.root import SUBCOMMANDS
from bot.settings import Settings
from bot.settings_table import render_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_settings_table_is_the_settings() -> None:
    table = README.partition("<!-- settings -->\n")[2].partition("<!-- /settings -->")[0]
    assert table == render_table(), (
        "render it anew: python -c 'import bot.settings_table as t; print(t.render_table())'"
    )


def test_the_exit_codes_are_all_there() -> None:
    assert [f"| {code.value} | {meaning} |" in README for code, meaning in MEANINGS.items()] == [True] * len(MEANINGS)


def test_every_command_is_mentioned() -> None:
    assert [name for name in SUBCOMMANDS if f"`firstline {name}" not in README and f"`{name}`" not in README] == []


def test_the_example_environment_names_settings_that_exist() -> None:
    known = {name for name, _ in Settings.fields()}
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = {line.removeprefix("# ").partition("=")[0] for line in lines if "=" in line}
    assert named <= known


def test_the_lock_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert all("==" in line for line in lock.splitlines() if line and not line.startswith((" ", "#")))
