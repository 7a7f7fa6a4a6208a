"""The log: one line a record, no secret in it."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.logs import OneLine, secrets_in
from bot.settings import Settings
from bot.settings_groups import Aws, LangSmith, OpenAI
from bot.settings_platforms import Discord, Service, Slack


def format_record(message: str, *args: object, secrets: tuple[str, ...] = (), error: Exception | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    return OneLine(secrets).format(logging.LogRecord("agents.x", logging.WARNING, "f", 1, message, args, info))


def test_a_record_says_when_how_grave_where_and_what() -> None:
    assert format_record("turn %s", 7).endswith(" WARNING agents.x: turn 7")


@given(st.text(), st.sampled_from(["sk-secret", "sk-secret-longer"]))
def test_no_text_breaks_the_line_or_lets_a_secret_through(text: str, secret: str) -> None:
    line = format_record("%s", f"{text}{secret}{text}", secrets=("sk-secret", "sk-secret-longer"))
    assert len(line.splitlines()) == 1
    assert "sk-secret" not in line
    assert "longer" not in line.replace(text, "")


def test_a_traceback_is_one_line_and_keeps_no_secret() -> None:
    def fail() -> None:
        raise ValueError("bad key sk-secret\nin header")

    with pytest.raises(ValueError, match="bad key") as caught:
        fail()
    line = format_record("failed", secrets=("sk-secret",), error=caught.value)
    assert len(line.splitlines()) == 1
    assert "Traceback" in line
    assert "sk-secret" not in line


def test_every_secret_of_the_settings_is_known() -> None:
    settings = Settings(
        openai=OpenAI(api_key=SecretStr("a")),
        aws=Aws(access_key_id=SecretStr("b"), secret_access_key=SecretStr("c"), session_token=SecretStr("d")),
        langsmith=LangSmith(api_key=SecretStr("e")),
        slack=Slack(
            bot_token=SecretStr("f"),
            app_token=SecretStr("g"),
            signing_secret=SecretStr("h"),
            client_secret=SecretStr("i"),
        ),
        discord=Discord(bot_token=SecretStr("j")),
        service=Service(secret_key=SecretStr("k")),
    )
    assert sorted(secrets_in(settings)) == list("abcdefghijk")
    declared = [name for name, field in Settings.fields() if "SecretStr" in str(field.annotation)]
    assert len(declared) == 11
