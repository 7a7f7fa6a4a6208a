import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.errors import AccessRefused, ConfigurationError, NoModelAvailable
from agents.models.build import Models, open_models
from agents.models.pieces import ChatModel
from agents.models.prompt import Prompt
from agents.models.providers import BedrockProvider, LinkStatus
from agents.models.scripted import ScriptedModel
from agents.models.settings import ModelSettings

NOVA = "bedrock:us.amazon.nova-lite-v1:0"
MINI = "openai:gpt-4o-mini"
PROMPT = Prompt(system="Be brief.", messages=[])


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_tcp_port: int) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
async def black_hole(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A metadata service that takes connections and never answers."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://{host}:{port}")
    async with server:
        yield


class Counting:
    """A provider of scripted models."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.models: list[ScriptedModel] = []

    async def check(self, name: str) -> LinkStatus:
        return LinkStatus(name, is_usable=True)

    async def build(self, model: str) -> ChatModel:
        self.built.append(model)
        self.models.append(ScriptedModel(["Hello."]))
        return self.models[-1]


async def note_of(name: str, settings: ModelSettings) -> LinkStatus:
    async with open_models(settings) as models:
        _, statuses = await models.build_chain([name])
    return statuses[0]


@pytest.mark.parametrize(
    ("name", "settings", "note"),
    [
        (MINI, ModelSettings(), "no OPENAI_API_KEY"),
        (NOVA, ModelSettings(), "no AWS credentials"),
        (
            NOVA,
            ModelSettings(aws_access_key_id="AKIA"),
            "half AWS credentials: AWS_SECRET_ACCESS_KEY is missing",
        ),
        (NOVA, ModelSettings(aws_secret_access_key="x"), "half AWS credentials: AWS_ACCESS_KEY_ID is missing"),
        (
            NOVA,
            ModelSettings(aws_access_key_id="AKIA", aws_secret_access_key="x"),
            "no region: set AWS_DEFAULT_REGION",
        ),
    ],
)
async def test_a_model_that_cannot_be_called_says_what_is_missing(
    name: str, settings: ModelSettings, note: str
) -> None:
    assert await note_of(name, settings) == LinkStatus(name, is_usable=False, note=note)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (MINI, ModelSettings(openai_api_key="sk")),
        (MINI, ModelSettings(openai_base_url="http://127.0.0.1:8000/v1")),
        (NOVA, ModelSettings(aws_access_key_id="AKIA", aws_secret_access_key="x", aws_region="us-east-1")),
    ],
)
async def test_a_model_that_can_be_called_is_ready(name: str, settings: ModelSettings) -> None:
    assert await note_of(name, settings) == LinkStatus(name, is_usable=True, note="ready")


async def test_a_profile_that_the_sdk_finds_by_itself_counts_as_well(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\n")
    (tmp_path / "config").write_text("[default]\nregion = eu-central-1\n")
    assert (await note_of(NOVA, ModelSettings())).note == "ready"


async def test_an_unknown_profile_is_told_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert await note_of(NOVA, ModelSettings()) == LinkStatus(
        NOVA, is_usable=False, note="unusable AWS credentials (ProfileNotFound)"
    )


@pytest.mark.usefixtures("black_hole")
async def test_a_silent_metadata_service_does_not_hold_up_the_start_and_is_believed_later() -> None:
    provider = BedrockProvider(ModelSettings(aws_region="us-east-1"), patience_seconds=0)
    assert await provider.check(NOVA) == LinkStatus(NOVA, is_usable=True, note="still looking for AWS credentials")
    with pytest.raises(AccessRefused, match="no AWS credentials"):
        await provider.build("us.amazon.nova-lite-v1:0")
    assert await provider.check(NOVA) == LinkStatus(NOVA, is_usable=False, note="no AWS credentials")


@pytest.mark.parametrize("name", ["gpt-4o-mini", "openai:", "mistral:large", ""])
async def test_a_name_that_is_no_model_is_an_error_that_says_what_to_write(name: str) -> None:
    async with open_models(ModelSettings()) as models:
        with pytest.raises(ConfigurationError, match="write openai:MODEL or bedrock:MODEL"):
            await models.build_chain([name])


async def test_without_any_key_the_chain_is_empty() -> None:
    async with open_models(ModelSettings()) as models:
        chain, statuses = await models.build_chain([MINI, NOVA])
    assert chain.is_empty
    assert [status.model for status in statuses] == [MINI, NOVA]


async def test_chains_that_name_the_same_model_share_what_befalls_it(unused_tcp_port: int) -> None:
    settings = ModelSettings(openai_base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    async with open_models(settings) as models:
        routes, _ = await models.build_chain([MINI, MINI])
        answers, _ = await models.build_chain([MINI])
        assert routes.names == (MINI,)
        with pytest.raises(NoModelAvailable, match="connection refused"):
            [piece async for piece in routes.stream(PROMPT, role="route", calls=[])]
        with pytest.raises(NoModelAvailable, match="no model may be asked now"):
            [piece async for piece in answers.stream(PROMPT, role="answer", calls=[])]


async def test_warming_up_builds_every_model_once() -> None:
    provider = Counting()
    models = Models(ModelSettings(), {"counting": provider})
    await models.build_chain(["counting:a", "counting:b"])
    await models.build_chain(["counting:b"])
    await models.warm_up()
    await models.warm_up()
    assert provider.built == ["a", "b"]
    await models.aclose()
    assert all(model.is_closed for model in provider.models)


@pytest.mark.usefixtures("black_hole")
async def test_warming_up_pauses_a_model_whose_credentials_were_not_found() -> None:
    settings = ModelSettings(aws_region="us-east-1")
    provider = BedrockProvider(settings, patience_seconds=0)
    models = Models(settings, {"bedrock": provider})
    chain, _ = await models.build_chain([NOVA])
    assert not chain.is_empty
    await models.warm_up()
    with pytest.raises(NoModelAvailable, match="no model may be asked now"):
        [piece async for piece in chain.stream(PROMPT, role="answer", calls=[])]


async def test_a_model_that_cannot_be_built_is_refused() -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc"  # LangChain wants a provider beside it
    settings = ModelSettings(aws_access_key_id="AKIA", aws_secret_access_key="x", aws_region="us-east-1")
    with pytest.raises(AccessRefused, match="can't be built"):
        await BedrockProvider(settings).build(arn)


def test_importing_the_models_imports_no_provider() -> None:
    heavy = {"openai", "boto3", "botocore", "langchain_core", "langchain_openai", "langchain_aws", "pydantic"}
    code = f"import sys, agents.models.build, agents.models.scripted; print({heavy!r} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_settings_show_no_secret() -> None:
    shown = repr(ModelSettings(openai_api_key="sk-1", aws_access_key_id="AKIA", aws_secret_access_key="wJalr"))
    assert not {"sk-1", "AKIA", "wJalr"} & set(shown.replace("'", " ").replace("=", " ").split())
