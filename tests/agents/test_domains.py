"""The operator's file of domains: what is read, and what is said of mistakes."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.domains import INTENT_NAMES, SHIPPED, Strategy, parse_domains, read_domains, split_label
from agents.errors import ConfigurationError


def texts(word: str) -> list[str]:
    return [f"{word} {number}" for number in range(5)]


def domain(name: str = "billing", **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "name": name,
        "title": "Billing",
        "description": "Plans and money.",
        "strategy": "rag",
        "prompt": "Answer.",
        "examples": texts(name),
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


def intents() -> list[dict[str, object]]:
    return [{"name": name, "examples": texts(name)} for name in INTENT_NAMES]


def document(*domains: Mapping[str, object], **changes: object) -> dict[str, Any]:
    return {"domain": list(domains or [domain()]), "intent": intents(), **changes}


def write(folder: Path, text: str) -> Path:
    path = folder / "domains.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_holds_the_four_domains_and_their_strategies() -> None:
    domains = read_domains()
    assert {domain.name: domain.strategy for domain in domains.domains} == {
        "technical": Strategy.RAG,
        "billing": Strategy.HYBRID,
        "compliance": Strategy.CAG,
        "general": Strategy.RAG,
    }
    assert domains.default == "general"


def test_the_shipped_examples_are_many_for_every_domain_and_intent() -> None:
    domains = read_domains()
    assert all(len(domain.examples) >= 60 for domain in domains.domains)
    kinds = {intent.label: len(intent.examples) for intent in domains.intents}
    assert kinds["human"] >= 50
    assert kinds["offtopic"] >= 80
    assert {"smalltalk.greeting", "smalltalk.thanks", "smalltalk.capabilities", "smalltalk.goodbye"} <= set(kinds)


def test_a_fifth_domain_needs_a_row_and_nothing_else(tmp_path: Path) -> None:
    row = '[[domain]]\nname = "hardware"\ntitle = "Devices"\ndescription = "The scanner."\nstrategy = "rag"\n'
    row += 'prompt = "Answer."\nexamples = ["scanner is dead", "battery", "charging dock", "warranty", "firmware"]\n'
    domains = read_domains(write(tmp_path, SHIPPED.read_text(encoding="utf-8") + "\n" + row))
    assert domains.names == ("technical", "billing", "compliance", "general", "hardware")
    fifth = domains.get("hardware")
    assert fifth is not None
    assert (fifth.documents, fifth.models) == ("hardware", ())
    assert {example.label for example in domains.examples()} >= {"hardware", "human", "smalltalk.thanks"}


def test_a_file_without_intents_keeps_the_shipped_ones(tmp_path: Path) -> None:
    rows = "".join(f'"{text}", ' for text in texts("wing"))
    text = '[[domain]]\nname = "wings"\ntitle = "Wings"\ndescription = "d"\nstrategy = "cag"\nprompt = "p"\n'
    domains = read_domains(write(tmp_path, f"{text}examples = [{rows}]\n"))
    assert domains.names == ("wings",)
    assert domains.intents == read_domains().intents


def test_the_default_domain_takes_what_fits_none() -> None:
    domains = parse_domains(document(domain("billing"), domain("other"), default="billing"))
    assert domains.get_or_default("nonsense").name == "billing"
    assert domains.get_or_default("other").name == "other"
    assert domains.get("human") is None


def test_without_a_default_the_last_domain_is_it() -> None:
    assert parse_domains(document(domain("billing"), domain("other"))).default == "other"


def test_labels_carry_the_kind_of_an_intent() -> None:
    rows = [*intents(), {"name": "smalltalk", "kind": "thanks", "examples": texts("ta")}]
    labels = [intent.label for intent in parse_domains(document(intent=rows)).intents]
    assert labels == ["human", "smalltalk", "offtopic", "smalltalk.thanks"]
    assert [split_label(label) for label in labels[2:]] == [("offtopic", None), ("smalltalk", "thanks")]


def test_the_fingerprint_changes_with_examples_and_folders_but_not_with_prompts() -> None:
    plain = parse_domains(document()).fingerprint
    assert parse_domains(document(domain(prompt="Other.", models=["openai:gpt-4o-mini"]))).fingerprint == plain
    assert parse_domains(document(domain(documents="money"))).fingerprint != plain
    assert parse_domains(document(domain(examples=[*texts("billing"), "more"]))).fingerprint != plain


MISTAKES: dict[str, tuple[Mapping[str, object], str]] = {
    "no domain": (document(domain=[]), "there is no domain: add at least one [[domain]]"),
    "single brackets": (document(domain=domain()), "domain must be a table: write [[domain]]"),
    "no name": (document(domain(name="")), 'a [[domain]]: name is missing or empty; write name = "..."'),
    "bad name": (document(domain("Billing!")), "domain 'Billing!': name must be 2 to 40 of a-z"),
    "an intent's name": (document(domain("human")), "domain 'human': the name belongs to an intent"),
    "no title": (document(domain(title=None)), "domain 'billing': title is missing or empty"),
    "no prompt": (document(domain(prompt="  ")), "domain 'billing': prompt is missing or empty"),
    "strategy": (document(domain(strategy="magic")), "strategy is 'magic'; use one of rag, cag, hybrid"),
    "models": (document(domain(models=["gpt"])), "model 'gpt' must be written as provider:model"),
    "models no list": (document(domain(models="a:b")), "models must be a list of texts"),
    "outside folder": (document(domain(documents="../x")), "documents is '../x'; name a folder below"),
    "absolute folder": (document(domain(documents="/x")), "documents is '/x'; name a folder below"),
    "few examples": (document(domain(examples=["a", "b"])), "2 examples are too few; write at least 5"),
    "no examples": (document(domain(examples=None)), "examples must be a list of texts"),
    "empty example": (document(domain(examples=[*texts("a"), " "])), "examples must be a list of texts"),
    "typo": (document(domain(exampels=["a"])), "domain 'billing': 'exampels' is unknown; known are name, title"),
    "unknown table": (document(routes=[]), "the file: 'routes' is unknown; known are default, domain, intent"),
    "domain twice": (document(domain(), domain(examples=texts("b"))), "domain 'billing' stands twice"),
    "folder twice": (
        document(domain(), domain("other", documents="billing")),
        "documents folder 'billing' stands twice",
    ),
    "example twice": (document(domain(), domain("other", examples=texts("Billing "))), "(billing and other); keep one"),
    "default": (document(default="sales"), "default is 'sales': name one of billing"),
    "intent missing": (document(intent=intents()[1:]), "intent 'human' is missing: add it, or leave out all"),
    "intent unknown": (document(intent=[{"name": "sales"}]), "intent 'sales' is unknown: use one of human"),
    "intent twice": (document(intent=[*intents(), intents()[0]]), "intent 'human' stands twice"),
    "kind": (document(intent=[{"name": "human", "kind": "A B", "examples": texts("a")}]), "kind 'A B' must be 2 to 40"),
}


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_named_with_its_place_and_what_to_do(mistake: Mapping[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_domains(mistake)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: None, "no such file; correct the path"),
        (lambda path: path.mkdir(), "can't be read"),
        (lambda path: path.write_text("[[domain"), "is not valid TOML"),
        (lambda path: path.write_bytes(b'default = "\xff"'), "is not UTF-8 text"),
        (lambda path: path.write_text("default = 3"), "there is no domain"),
    ],
    ids=["missing", "a folder", "no TOML", "no UTF-8", "no domain"],
)
def test_an_unusable_file_is_named(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "domains.toml"
    spoil(path)
    with pytest.raises(ConfigurationError) as raised:
        read_domains(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


words = st.text("ab /.:-", max_size=8)
tables = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["default", "domain", "intent"]), tables))
def test_whatever_stands_in_a_file_is_read_or_refused(content: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        parse_domains(content)


@given(st.dictionaries(st.sampled_from(list(domain())), tables))
def test_whatever_stands_in_a_row_is_read_or_refused(changes: dict[str, object]) -> None:
    row = {**domain(), **changes}
    with contextlib.suppress(ConfigurationError):
        assert parse_domains(document(row)).names == (row["name"],)
