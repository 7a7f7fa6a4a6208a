"""All settings, read here and nowhere else: the environment, and beside it `.env`, in which the environment wins.

Constructing a group or `Settings` reads nothing, so a test or another program states what it means; only
`load_settings` looks at the environment. The README's table is rendered from the descriptions.
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

import knowledge
from bot.errors import SettingsInvalid

ENV_FILE = Path(".env")
SAMPLE_CONTACT = "support@brightquay.example, Mon-Fri 08:00-20:00 CET"

# Libraries read these from the process's environment themselves, so that `.env` has to reach it.
_PASSED_THROUGH = ("LANGSMITH_", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")

GroupT = TypeVar("GroupT", bound="Group")
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
        default="WARNING",
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


class Settings(BaseModel):
    """The whole tree. `Settings()` has the defaults and reads nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation = Operation()
    company: Company = Company()
    documents: Documents = Documents()
    answering: Answering = Answering()
    openai: OpenAI = OpenAI()
    aws: Aws = Aws()
    langsmith: LangSmith = LangSmith()

    @property
    def company_name(self) -> str:
        """Name of the company as it may stand in a sentence."""
        return self.company.company or ("Brightquay" if self.uses_sample else "the company")

    @property
    def support_contact(self) -> str | None:
        """The way to reach a person, or None when the operator named none."""
        return self.company.support_contact or (SAMPLE_CONTACT if self.uses_sample else None)

    @property
    def uses_sample(self) -> bool:
        """Whether the documents are those that ship with Firstline."""
        return self.documents.documents == Documents.SAMPLE

    @classmethod
    def groups(cls) -> Iterator[tuple[str, type[Group]]]:
        """Yield the groups in the order of the README's table."""
        for name, field in cls.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Group):
                yield name, field.annotation

    @classmethod
    def fields(cls) -> Iterator[tuple[str, FieldInfo]]:
        """Yield each variable with the field that it sets."""
        for _, group in cls.groups():
            for name, field in group.model_fields.items():
                yield group.variable(name), field


def load_settings(environment: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE) -> Settings:
    """Read the environment (by default the process's) and, below it, `env_file` where there is one.

    Raises SettingsInvalid, one line that names the variable and what to do.
    """
    above = _process_environment() if environment is None else environment
    variables = _read_env_file(env_file)
    variables.update({name.lower(): value for name, value in above.items() if value})
    if "aws_default_region" not in variables and "aws_region" in variables:
        variables["aws_default_region"] = variables["aws_region"]
    return Settings.model_validate({name: group.from_variables(variables) for name, group in Settings.groups()})


def pass_through(env_file: Path | None = ENV_FILE, target: MutableMapping[str, str] | None = None) -> None:
    """Put into the process's environment what `env_file` holds for libraries that read only that."""
    environment = _process_environment() if target is None else target
    for name, value in _read_env_file(env_file).items():
        if value and name.upper().startswith(_PASSED_THROUGH):
            environment.setdefault(name.upper(), value)


def unknown_variables(
    environment: Mapping[str, str] | None = None, env_file: Path | None = ENV_FILE
) -> list[tuple[str, str | None]]:
    """Return each variable that starts with FIRSTLINE_ and sets nothing, with the name that was perhaps meant."""
    above = _process_environment() if environment is None else environment
    known = {name.removeprefix("FIRSTLINE_") for name, _ in Settings.fields() if name.startswith("FIRSTLINE_")}
    given = {name.upper() for name in (*above, *_read_env_file(env_file)) if name.upper().startswith("FIRSTLINE_")}
    strange = sorted({name.removeprefix("FIRSTLINE_") for name in given} - known)
    meant = ((name, next(iter(difflib.get_close_matches(name, known, n=1)), None)) for name in strange)
    return [(f"FIRSTLINE_{name}", near and f"FIRSTLINE_{near}") for name, near in meant]


def _process_environment() -> MutableMapping[str, str]:
    """Return the environment of this process: the only mention of it in Firstline."""
    return os.environ  # noqa: TID251 - this is the module that the rule sends everyone to


def _read_env_file(path: Path | None) -> dict[str, str | None]:
    """Return the variables of a .env file by lower-case name."""
    if path is None or not path.is_file():
        return {}
    try:
        return dict(DotEnvSettingsSource(Group, env_file=path).env_vars)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path} can't be read ({type(error).__name__}): make it a readable UTF-8 file") from None


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
