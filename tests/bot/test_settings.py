"""Settings: what is read, what wins, and what a wrong one says."""

from pathlib import Path

import pytest

from bot.errors import SettingsInvalid
from bot.settings import Settings, load_settings, pass_through, unknown_variables
from bot.settings_groups import Documents
from bot.settings_table import render_table

SECRETS = {
    "OPENAI_API_KEY": "sk-secret-1",
    "AWS_ACCESS_KEY_ID": "AKIASECRET2",
    "AWS_SECRET_ACCESS_KEY": "secret-3",
    "AWS_SESSION_TOKEN": "secret-4",
    "LANGSMITH_API_KEY": "ls-secret-5",
    "SLACK_BOT_TOKEN": "xoxb-secret-6",
    "SLACK_APP_TOKEN": "xapp-secret-7",
    "SLACK_SIGNING_SECRET": "secret-8",
    "SLACK_CLIENT_SECRET": "secret-9",
    "DISCORD_BOT_TOKEN": "secret-10",
    "FIRSTLINE_SECRET_KEY": "secret-11",
}


def load(**environment: str) -> Settings:
    return load_settings(environment, env_file=None)


def test_defaults_need_no_variable_at_all() -> None:
    assert load() == Settings()


def test_constructing_settings_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTLINE_HOME", "/elsewhere")
    assert Settings().operation.home == Path(".firstline")
    assert load_settings(env_file=None).operation.home == Path("/elsewhere")


def test_environment_wins_over_the_env_file_and_an_empty_variable_does_not(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("FIRSTLINE_COMPANY=File\nOPENAI_BASE_URL=http://file/v1\nAWS_DEFAULT_REGION=eu-west-1\n")
    settings = load_settings({"FIRSTLINE_COMPANY": "Shell", "AWS_DEFAULT_REGION": ""}, env_file)
    assert settings.company.company == "Shell"
    assert settings.openai.base_url == "http://file/v1"
    assert settings.aws.default_region == "eu-west-1"


def test_aws_region_stands_in_for_aws_default_region() -> None:
    assert load(AWS_REGION="eu-central-1").aws.default_region == "eu-central-1"
    assert load(AWS_REGION="eu-central-1", AWS_DEFAULT_REGION="us-east-1").aws.default_region == "us-east-1"


def test_lists_of_models_are_split_at_commas_and_none_is_empty() -> None:
    answering = load(FIRSTLINE_ANSWER_MODELS="openai:a, bedrock:b:0 ,", FIRSTLINE_ROUTE_MODELS="none").answering
    assert answering.answer_models == ("openai:a", "bedrock:b:0")
    assert answering.route_models == ()


def test_lists_of_ids_are_split_at_commas_and_one_id_of_digits_is_one() -> None:
    access = load(FIRSTLINE_ALLOWED_CHANNELS="C1, C2", FIRSTLINE_STAFF_USERS="1234567890").access
    assert (access.allowed_channels, access.staff_users) == (("C1", "C2"), ("1234567890",))


@pytest.mark.parametrize(
    ("variables", "is_set"),
    [
        ({}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, True),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}, True),
        ({"SLACK_CLIENT_ID": "1.2", "SLACK_SIGNING_SECRET": "s"}, True),
    ],
)
def test_slack_is_set_with_a_token_and_a_way_to_hear(variables: dict[str, str], *, is_set: bool) -> None:
    assert load(**variables).slack.is_set is is_set


def test_prices_are_read_as_json() -> None:
    prices = load(FIRSTLINE_PRICES='{"openai:x": [1, 2], "openai:y": [1, 2, 0.5]}').answering.prices
    assert prices == {"openai:x": (1.0, 2.0), "openai:y": (1.0, 2.0, 0.5)}


def test_secrets_never_show_in_the_settings_text() -> None:
    settings = load(**SECRETS)
    shown = f"{settings!r} {settings} {settings.model_dump()}"
    assert not [secret for secret in SECRETS.values() if secret in shown]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("FIRSTLINE_ROUTING", "maybe", "'auto', 'model' or 'local'"),
        ("OPENAI_BASE_URL", "localhost:1234", "http://"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "bedrock", "http://"),
        ("FIRSTLINE_ANSWER_MODELS", "gpt-4o-mini", "openai:MODEL or bedrock:MODEL"),
        ("FIRSTLINE_ROUTE_MODELS", "openai:", "openai:MODEL or bedrock:MODEL"),
        ("FIRSTLINE_EMBEDDER", "word2vec", "`minilm`"),
        ("FIRSTLINE_FIRST_TOKEN_SECONDS", "0", "greater than 0"),
        ("FIRSTLINE_BETWEEN_TOKENS_SECONDS", "soon", "number"),
        ("FIRSTLINE_CAG_MAX_TOKENS", "many", "integer"),
        ("FIRSTLINE_PRICES", "{", "not JSON"),
        ("FIRSTLINE_PRICES", '{"openai:x": [1]}', "[input, output]"),
        ("FIRSTLINE_PRICES", '{"openai:x": [1, -2]}', "[input, output]"),
        ("FIRSTLINE_PRICES", "[1]", "dictionary"),
        ("FIRSTLINE_LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LANGSMITH_TRACING", "perhaps", "boolean"),
        ("FIRSTLINE_SLACK_SUPPORT_CHANNEL", "#support", "such as C0123456789"),
        ("FIRSTLINE_SLACK_SUPPORT_GROUP", "@support", "such as S0123456789"),
        ("FIRSTLINE_DISCORD_SUPPORT_CHANNEL", "support", "Copy Channel ID"),
        ("FIRSTLINE_DISCORD_SUPPORT_CHANNEL", "https://discord.com/channels/1/2", "right-click the channel"),
        ("FIRSTLINE_DISCORD_SUPPORT_ROLE", "<@&123456789012345678>", "right-click the role"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable_and_what_to_do(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(**{variable: value})
    text = str(caught.value)
    assert text.startswith(f"{variable} can't be used: ")
    assert says in text
    assert "\n" not in text


def test_an_env_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes("FIRSTLINE_COMPANY=Grün".encode("latin-1"))
    with pytest.raises(SettingsInvalid, match=r"\.env can't be read .* UTF-8"):
        load_settings({}, env_file)


def test_a_misspelt_variable_is_found_with_the_name_that_was_meant(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("FIRSTLINE_XYZZY=1\n")
    found = unknown_variables({"FIRSTLINE_HOEM": "a", "FIRSTLINE_HOME": "b", "PATH": "c"}, env_file)
    assert found == [("FIRSTLINE_HOEM", "FIRSTLINE_HOME"), ("FIRSTLINE_XYZZY", None)]


def test_what_libraries_read_themselves_reaches_the_environment_but_wins_over_nothing(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("LANGSMITH_TRACING=true\nAWS_PROFILE=file\nOPENAI_API_KEY=sk-1\n")
    environment = {"AWS_PROFILE": "shell"}
    pass_through(env_file, environment)
    assert environment == {"AWS_PROFILE": "shell", "LANGSMITH_TRACING": "true"}


def test_the_sample_company_speaks_only_for_its_own_documents(tmp_path: Path) -> None:
    assert load().company_name == "Brightquay"
    assert "brightquay" in str(load().support_contact)
    own = load(FIRSTLINE_DOCUMENTS=str(tmp_path))
    assert own.company_name == "the company"
    assert own.support_contact is None
    assert load(FIRSTLINE_DOCUMENTS=str(tmp_path), FIRSTLINE_COMPANY="Acme").company_name == "Acme"


def test_a_home_below_the_users_folder_is_expanded() -> None:
    assert load(FIRSTLINE_HOME="~/x").operation.home == Path.home() / "x"
    assert load(FIRSTLINE_DOCUMENTS="~/d").documents.documents == Path.home() / "d"


def test_every_setting_is_described_and_stands_once_in_the_table() -> None:
    table = render_table()
    variables = [variable for variable, _ in Settings.fields()]
    assert len(variables) == len(set(variables))
    for variable, field in Settings.fields():
        assert table.count(f"| `{variable}` |") == 1
        assert field.description
    assert str(Documents.SAMPLE) not in table
