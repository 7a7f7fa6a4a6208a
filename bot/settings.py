"""All settings, read here and nowhere else: the environment, and beside it `.env`, in which the environment wins.

Constructing `Settings` reads nothing; only `load_settings` looks at the environment. The README's table is rendered
from the groups' descriptions.
"""

import difflib
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource

from bot.errors import SettingsInvalid
from bot.settings_groups import Answering, Aws, Company, Documents, Group, LangSmith, OpenAI, Operation
from bot.settings_platforms import Access, Discord, Platforms, Service, Slack

ENV_FILE = Path(".env")
SAMPLE_CONTACT = "support@brightquay.example, Mon-Fri 08:00-20:00 CET"

# Libraries read these from the process's environment themselves, so that `.env` has to reach it.
_PASSED_THROUGH = ("LANGSMITH_", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


class Settings(BaseModel):
    """The whole tree. `Settings()` has the defaults and reads nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation = Operation()
    company: Company = Company()
    documents: Documents = Documents()
    answering: Answering = Answering()
    openai: OpenAI = OpenAI()
    aws: Aws = Aws()
    slack: Slack = Slack()
    discord: Discord = Discord()
    platforms: Platforms = Platforms()
    access: Access = Access()
    service: Service = Service()
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
