"""The fields of support as data: read from a TOML file and checked before anything starts.

It is separate from the graph so that an operator's mistake is found at start-up, in one line that says what to
change, and so that a further domain needs a row and a folder but no code.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from agents.errors import ConfigurationError
from knowledge.contract import Example

SHIPPED: Final = Path(__file__).with_name("domains.toml")

HUMAN: Final = "human"
SMALLTALK: Final = "smalltalk"
OFFTOPIC: Final = "offtopic"
INTENT_NAMES: Final = (HUMAN, SMALLTALK, OFFTOPIC)

MIN_EXAMPLES: Final = 5
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_MODEL: Final = re.compile(r"[a-z0-9_-]+:\S+")


class Strategy(StrEnum):
    """How a worker comes by its passages."""

    RAG = "rag"
    """Retrieve for each question."""
    CAG = "cag"
    """Hold all documents of the domain in the prompt."""
    HYBRID = "hybrid"
    """Retrieve once, pin to the conversation, retrieve again only for what that does not cover."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A field of support and the worker that answers in it.

    `models` are "provider:model" strings; empty means the default chain. `documents` is a POSIX path below the
    documents folder.
    """

    name: str
    title: str
    description: str
    strategy: Strategy
    models: tuple[str, ...]
    prompt: str
    documents: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """A sort of message that is answered without documents: a wish for a person, small talk, something else."""

    name: str
    kind: str | None
    examples: tuple[str, ...]

    @property
    def label(self) -> str:
        """The classifier's name for it, such as "human" or "smalltalk.greeting"."""
        return self.name if self.kind is None else f"{self.name}.{self.kind}"


@dataclass(frozen=True, slots=True)
class Domains:
    """Every domain and intent of one file. `default` names the domain for messages that fit none well."""

    domains: tuple[Domain, ...]
    intents: tuple[Intent, ...]
    default: str

    @property
    def names(self) -> tuple[str, ...]:
        """The domains' names, in the order of the file."""
        return tuple(domain.name for domain in self.domains)

    def get(self, name: str) -> Domain | None:
        """Return the domain of that name, or None for an intent's label or an unknown name."""
        return next((domain for domain in self.domains if domain.name == name), None)

    def get_or_default(self, name: str) -> Domain:
        """Return the domain of that name, or the default one."""
        domain = self.get(name) or self.get(self.default)
        assert domain is not None
        return domain

    def examples(self) -> tuple[Example, ...]:
        """Return what the local classifier learns from."""
        of_domains = [Example(text, domain.name) for domain in self.domains for text in domain.examples]
        of_intents = [Example(text, intent.label) for intent in self.intents for text in intent.examples]
        return (*of_domains, *of_intents)

    @property
    def fingerprint(self) -> str:
        """Hash of what a snapshot is built from: labels, examples and folders, but not prompts or models."""
        built_from = {
            "folders": {domain.name: domain.documents for domain in self.domains},
            "examples": sorted((example.label, example.text) for example in self.examples()),
        }
        return hashlib.sha256(json.dumps(built_from, sort_keys=True).encode()).hexdigest()


def split_label(label: str) -> tuple[str, str | None]:
    """Return name and kind of a classifier's label: ("smalltalk", "greeting") or ("billing", None)."""
    name, _, kind = label.partition(".")
    return name, kind or None


def read_domains(path: Path | None = None) -> Domains:
    """Read the operator's file, or the shipped one. A file without intents gets the shipped ones.

    Raises ConfigurationError, whose text names the file, the place in it and what to change.
    """
    document = _read_toml(path or SHIPPED)
    if path is not None and "intent" not in document:
        document = {**document, "intent": _read_toml(SHIPPED)["intent"]}
    try:
        return parse_domains(document)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path or SHIPPED}: {error}") from None


def parse_domains(document: Mapping[str, object]) -> Domains:
    """Check a file's content and return it as domains. Raises ConfigurationError without the file's name."""
    _refuse_unknown(document, ("default", "domain", "intent"), "the file")
    domains = tuple(_parse_domain(row) for row in _rows(document, "domain"))
    intents = tuple(_parse_intent(row) for row in _rows(document, "intent"))
    _refuse_repeated("domain", [domain.name for domain in domains])
    _refuse_repeated("documents folder", [domain.documents for domain in domains])
    _refuse_repeated("intent", [intent.label for intent in intents])
    if missing := [name for name in INTENT_NAMES if name not in {intent.name for intent in intents}]:
        raise ConfigurationError(f"intent {missing[0]!r} is missing: add it, or leave out all [[intent]] rows")
    names = [domain.name for domain in domains]
    default = document.get("default", names[-1])
    if not isinstance(default, str) or default not in names:
        raise ConfigurationError(f"default is {default!r}: name one of {', '.join(names)}")
    parsed = Domains(domains, intents, default)
    _refuse_repeated_examples(parsed.examples())
    return parsed


def _read_toml(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; correct the path, or unset it for the default") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: is not valid TOML: {error}") from None


def _rows(document: Mapping[str, object], key: str) -> list[dict[str, object]]:
    rows = document.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f"{key} must be a table: write [[{key}]]")
    if not rows:
        raise ConfigurationError(f"there is no {key}: add at least one [[{key}]]")
    return rows


def _parse_domain(row: Mapping[str, object]) -> Domain:
    name = _text(row, "name", "a [[domain]]")
    place = f"domain {name!r}"
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{place}: name must be 2 to 40 of a-z, 0-9, - and _, beginning with a letter")
    if name in INTENT_NAMES:
        raise ConfigurationError(f"{place}: the name belongs to an intent; choose another")
    _refuse_unknown(row, Domain.__dataclass_fields__, place)
    return Domain(
        name=name,
        title=_text(row, "title", place),
        description=_text(row, "description", place),
        strategy=_parse_strategy(row, place),
        models=_parse_models(row, place),
        prompt=_text(row, "prompt", place),
        documents=_parse_folder(row, name, place),
        examples=_parse_examples(row, place),
    )


def _parse_intent(row: Mapping[str, object]) -> Intent:
    name = _text(row, "name", "an [[intent]]")
    if name not in INTENT_NAMES:
        raise ConfigurationError(f"intent {name!r} is unknown: use one of {', '.join(INTENT_NAMES)}, or a [[domain]]")
    _refuse_unknown(row, Intent.__dataclass_fields__, f"intent {name!r}")
    kind = _text(row, "kind", f"intent {name!r}") if "kind" in row else None
    if kind is not None and not _NAME.fullmatch(kind):
        raise ConfigurationError(f"intent {name!r}: kind {kind!r} must be 2 to 40 of a-z, 0-9, - and _")
    place = f"intent {name!r}" + (f" kind {kind!r}" if kind else "")
    return Intent(name=name, kind=kind, examples=_parse_examples(row, place))


def _parse_strategy(row: Mapping[str, object], place: str) -> Strategy:
    value = _text(row, "strategy", place)
    try:
        return Strategy(value)
    except ValueError:
        raise ConfigurationError(f"{place}: strategy is {value!r}; use one of {', '.join(Strategy)}") from None


def _parse_models(row: Mapping[str, object], place: str) -> tuple[str, ...]:
    models = _texts(row, "models", place) if "models" in row else ()
    for model in models:
        if not _MODEL.fullmatch(model):
            raise ConfigurationError(f"{place}: model {model!r} must be written as provider:model")
    return models


def _parse_folder(row: Mapping[str, object], name: str, place: str) -> str:
    folder = _text(row, "documents", place) if "documents" in row else name
    path = PurePosixPath(folder)
    if path.is_absolute() or "\\" in folder or ".." in path.parts or not path.parts:
        raise ConfigurationError(
            f"{place}: documents is {folder!r}; name a folder below the documents folder, like {name!r}"
        )
    return str(path)


def _parse_examples(row: Mapping[str, object], place: str) -> tuple[str, ...]:
    examples = _texts(row, "examples", place)
    if len(examples) < MIN_EXAMPLES:
        raise ConfigurationError(
            f"{place}: {len(examples)} examples are too few; write at least {MIN_EXAMPLES}, better 50 varied ones"
        )
    return examples


def _text(row: Mapping[str, object], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f'{place}: {key} is missing or empty; write {key} = "..."')
    return value.strip()


def _texts(row: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    values = row.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise ConfigurationError(f"{place}: {key} must be a list of texts that aren't empty")
    return tuple(value.strip() for value in values)


def _refuse_unknown(row: Mapping[str, object], known: Mapping[str, object] | tuple[str, ...], place: str) -> None:
    if unknown := [key for key in row if key not in known]:
        raise ConfigurationError(f"{place}: {unknown[0]!r} is unknown; known are {', '.join(known)}")


def _refuse_repeated(what: str, values: list[str]) -> None:
    if repeated := [value for value in values if values.count(value) > 1]:
        raise ConfigurationError(f"{what} {repeated[0]!r} stands twice; each must be its own")


def _refuse_repeated_examples(examples: tuple[Example, ...]) -> None:
    seen: dict[str, str] = {}
    for example in examples:
        key = " ".join(example.text.casefold().split())
        if key in seen:
            labels = " and ".join(dict.fromkeys((seen[key], example.label)))
            raise ConfigurationError(f"example {example.text!r} stands twice ({labels}); keep one")
        seen[key] = example.label
