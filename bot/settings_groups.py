"""The groups of settings: every variable with its default, its limits and the sentence that describes it.

Constructing a group reads nothing, so that a test or another program states what it means.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

import knowledge
from bot.errors import SettingsInvalid

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
Names = Annotated[tuple[str, ...], NoDecode]


class Group(BaseSettings):
    """Settings that share a prefix and a reader."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names the parameters
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what the constructor was given."""
        return (init_settings,)

    @classmethod
    def variable(cls, name: str) -> str:
        """Return the variable that sets the field `name`."""
        return f"{cls.model_config.get('env_prefix', '')}{name}".upper()

    @classmethod
    def from_variables(cls, variables: Mapping[str, str | None]) -> Self:
        """Read the group's fields; raises SettingsInvalid in one line."""
        source = EnvSettingsSource(cls)
        source.env_vars = variables
        try:
            return cls(**source())
        except ValidationError as error:
            raise SettingsInvalid(_first_problem(cls, error)) from None


class OpenAI(Group):
    """OpenAI, or any server that speaks its API."""

    model_config = SettingsConfigDict(env_prefix="OPENAI_")

    api_key: SecretStr | None = Field(default=None, description="Key of the OpenAI models.")
    base_url: Url | None = Field(default=None, description="Another server that speaks OpenAI's API; ends in `/v1`.")


class Aws(Group):
    """Amazon Bedrock. A profile or a role of the machine is found by the AWS SDK itself and counts as well."""

    model_config = SettingsConfigDict(env_prefix="AWS_")

    access_key_id: SecretStr | None = Field(default=None, description="AWS credentials for the Bedrock models.")
    secret_access_key: SecretStr | None = Field(default=None, description="Belongs to `AWS_ACCESS_KEY_ID`.")
    session_token: SecretStr | None = Field(default=None, description="Belongs to temporary AWS credentials.")
    default_region: str | None = Field(default=None, description="Region of the Bedrock models, such as `us-east-1`.")
    endpoint_url_bedrock_runtime: Url | None = Field(
        default=None, description="Another server that speaks Bedrock's API."
    )


class Answering(Group):
    """How a question is routed and answered."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    routing: Literal["auto", "model", "local"] = Field(
        default="auto",
        description="Who chooses the domain: `local` (the built-in classifier), `model`, or `auto`: "
        "local for clear first questions, a model otherwise.",
    )
    route_models: Names = Field(
        default=("bedrock:us.amazon.nova-lite-v1:0", "openai:gpt-4o-mini"),
        description="Models that route, tried in this order: `provider:model`, separated by commas; `none` for none.",
    )
    answer_models: Names = Field(
        default=("openai:gpt-4o-mini", "bedrock:us.amazon.nova-lite-v1:0"),
        description="Models that answer, tried in this order. After the last, the documents are quoted; "
        "`none` quotes them always.",
    )
    first_token_seconds: float = Field(
        default=8.0, gt=0, le=120, description="The next model is tried when the first token takes longer."
    )
    between_tokens_seconds: float = Field(
        default=10.0, gt=0, le=120, description="The next model is tried when an answer stalls for longer."
    )
    cag_max_tokens: int = Field(
        default=60_000,
        gt=0,
        description="The most that a domain held whole in the prompt (strategy `cag`) may be, in tokens.",
    )
    prices: Annotated[dict[str, tuple[float, ...]], NoDecode] = Field(
        default_factory=dict,
        description="Prices beyond the built-in ones, JSON: "
        '`{"openai:gpt-4o": [2.5, 10]}`, dollars per million input and output tokens, '
        "and as a third number cached input.",
    )

    @field_validator("route_models", "answer_models", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Split a comma list; `none` is the empty one."""
        if not isinstance(value, str):
            return value
        return tuple(name for part in value.split(",") if (name := part.strip()) and name != "none")

    @field_validator("route_models", "answer_models")
    @classmethod
    def _check_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Hold to `provider:model`."""
        for name in value:
            provider, _, model = name.partition(":")
            if provider not in {"openai", "bedrock"} or not model:
                raise ValueError(f"{name!r} is no model: write openai:MODEL or bedrock:MODEL, or none")
        return value

    @field_validator("prices", mode="before")
    @classmethod
    def _parse_prices(cls, value: object) -> object:
        """Read JSON."""
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError as error:
            raise ValueError(f"it is not JSON at character {error.pos}") from None

    @field_validator("prices")
    @classmethod
    def _check_prices(cls, value: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        """Hold to two or three prices for each model."""
        for model, prices in value.items():
            if len(prices) not in {2, 3} or min(prices) < 0:
                raise ValueError(f"{model!r} needs [input, output] or [input, output, cached input] in dollars")
        return value


class Documents(Group):
    """What is known."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    SAMPLE: ClassVar[Path] = Path(knowledge.__file__).parent / "sample" / "documents"

    documents: Path = Field(
        default=SAMPLE, description="Folder of the documents; its first level of folders are the domains."
    )
    domains: Path | None = Field(
        default=None, description="Your own `domains.toml`; by default the built-in four domains."
    )
    embedder: Annotated[str, Field(pattern=r"^(minilm|none|openai:\S+|bedrock:\S+)$")] = Field(
        default="minilm",
        description="What turns texts into vectors: `minilm` (built in), `openai:text-embedding-3-small`, "
        "`bedrock:amazon.titan-embed-text-v2:0`, or `none` to search by words alone.",
    )

    @field_validator("documents", "domains")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        """Let ~ be the home folder."""
        return value and value.expanduser()


class Company(Group):
    """For whom Firstline speaks. Both belong to the documents: the sample's are used with the sample's only."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    company: str | None = Field(
        default=None, description="Name of the company that the documents are about; the sample's is Brightquay."
    )
    support_contact: str | None = Field(
        default=None,
        description="How people reach a person, as it is shown to them: `support@example.com, Mon-Fri 9-17`.",
    )


class Operation(Group):
    """Where state lives and what is logged."""

    model_config = SettingsConfigDict(env_prefix="FIRSTLINE_")

    home: Path = Field(
        default=Path(".firstline"), description="Folder of all state: snapshots, conversations, history, log."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="`DEBUG`, `INFO`, `WARNING` or `ERROR`. Neither secrets nor messages are ever logged.",
    )

    @field_validator("home")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        """Let ~ be the home folder."""
        return value.expanduser()

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        """Accept `info` for `INFO`."""
        return value.upper() if isinstance(value, str) else value


class LangSmith(Group):
    """Tracing by LangSmith, off unless asked for; its library reads the variables itself."""

    model_config = SettingsConfigDict(env_prefix="LANGSMITH_")

    tracing: bool = Field(default=False, description="`true` sends prompts and answers to LangSmith for tracing.")
    api_key: SecretStr | None = Field(default=None, description="Key of LangSmith.")
    endpoint: Url | None = Field(default=None, description="Another LangSmith server.")
    project: str | None = Field(default=None, description="Project that the traces go to.")


def _first_problem(group: type[Group], error: ValidationError) -> str:
    """Name the variable and what is wrong with it, without its value, in one line."""
    first = error.errors(include_input=False, include_url=False)[0]
    variable = group.variable(str(first["loc"][0]))
    field = group.model_fields.get(str(first["loc"][0]))
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        is_url = "http" in str(first.get("ctx"))
        reason = "it must start with http:// or https://" if is_url else "it is none of the forms below"
    hint = f" ({field.description})" if field is not None and field.description else ""
    return f"{variable} can't be used: {reason}.{hint}"
