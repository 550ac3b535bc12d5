"""What keeps the package readable: small functions and modules, and no reaching into privates."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from radon.complexity import cc_visit

import dpo_math_assets

PACKAGE = Path(dpo_math_assets.__file__).parent
VERIFIER = PACKAGE / "verifier"
TESTS = Path(__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_MODULE_LINES = 500
MAX_FUNCTION_LINES = 60
MAX_COMPLEXITY = 15
# Tests that hold for several modules at once.
OF_SEVERAL = (
    "test_any_text.py",
    "test_growth.py",
    "test_growth_of_readers.py",
    "test_printed_by_sympy.py",
    "test_printed_floats.py",
)


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_can_be_read_at_one_sitting(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= MAX_MODULE_LINES
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= MAX_FUNCTION_LINES]
    assert not long, f"functions of more than {MAX_FUNCTION_LINES} lines"
    complex_ones = [b.name for b in _functions(source) if b.complexity > MAX_COMPLEXITY]
    assert not complex_ones, f"functions of complexity over {MAX_COMPLEXITY}"


def _functions(source: str) -> Iterator[Any]:
    for block in cc_visit(source):
        yield from (block.methods if hasattr(block, "methods") else [block])


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_imports_the_private_names_of_another(path: Path) -> None:
    private = [
        alias.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert not private


def test_tests_of_the_verifier_stand_where_their_modules_do() -> None:
    strays = [
        path.relative_to(TESTS).as_posix()
        for path in (TESTS / "verifier").glob("*/**/test_*.py")
        if path.name not in OF_SEVERAL
        and not (
            VERIFIER / path.relative_to(TESTS / "verifier").parent / path.name.removeprefix("test_")
        ).exists()
    ]
    assert not strays
