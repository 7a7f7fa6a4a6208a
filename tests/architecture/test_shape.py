"""What a linter can't say about the shape of the code: sizes, borders, and that our packages are ours."""

import ast
import functools
import importlib
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "agents", "knowledge", "adapters")
MAX_LINES, MAX_TEST_LINES = 350, 500
MAX_P90_FUNCTION_LINES = 35
BROAD_HANDLERS = frozenset(
    {"bot/turns.py", "bot/rehearsal.py", "bot/notices.py", "bot/store/executor.py", "adapters/surviving.py"}
)
"""Modules that may catch everything: boundaries of turns, notices and threads, and the platforms' dispatch loops."""


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


@functools.cache
def nodes(*packages: str) -> Sequence[tuple[str, ast.AST]]:
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for path in sources(*packages)
        for node in ast.walk(ast.parse(path.read_text()))
    ]


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize(("packages", "ceiling"), [(PACKAGES, MAX_LINES), (("tests",), MAX_TEST_LINES)])
def test_no_file_passes_the_ceiling(packages: tuple[str, ...], ceiling: int) -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources(*packages)}
    assert {name: lines for name, lines in sizes.items() if lines > ceiling} == {}


def test_functions_are_short() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for _, node in nodes(*PACKAGES)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.quantiles(lengths, n=10)[-1] < MAX_P90_FUNCTION_LINES


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_its_job_in_its_init_and_nothing_else(package: str) -> None:
    body = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_are_ours(package: str) -> None:
    # `openai-agents` and AdapterHub's `adapters` install import names that are ours.
    assert Path(importlib.import_module(package).__file__ or "").is_relative_to(ROOT)


# Limits, live replies, and what platforms ask of the bot are parts of the adapters' border in files of their own.
PARTS_OF_BORDERS = {"adapters.limits", "adapters.desk", "adapters.live"}
BORDERS = {f"{path.parent.name}.contract" for path in ROOT.glob("*/contract.py")} | PARTS_OF_BORDERS


@pytest.mark.parametrize("border", sorted(BORDERS))
def test_a_border_needs_the_standard_library_and_other_borders_only(border: str) -> None:
    names = set(imported_by((ROOT / border.replace(".", "/")).with_suffix(".py")))
    foreign = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert foreign <= {f"{package}.contract" for package in PACKAGES} | PARTS_OF_BORDERS


def test_protocols_have_at_most_six_members() -> None:
    wide = {
        f"{place}:{node.name}"
        for place, node in nodes(*PACKAGES)
        if isinstance(node, ast.ClassDef)
        and any("Protocol" in ast.unparse(base) for base in node.bases)
        and len([member for member in node.body if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)]) > 6
    }
    assert wide == set()


def test_only_marked_places_catch_everything() -> None:
    broad = {
        place
        for place, node in nodes(*PACKAGES)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {ast.unparse(n) for n in ast.walk(node.type)})
    }
    assert broad == BROAD_HANDLERS
