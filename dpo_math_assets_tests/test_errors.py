"""The tree of errors that a reader finds in errors.py is the one that the code raises."""

import ast
import builtins
import inspect
import re
from pathlib import Path

import dpo_math_assets
from dpo_math_assets import errors

PACKAGE = Path(dpo_math_assets.__file__).parent


def classes() -> list[tuple[str, str, list[str]]]:
    """Every class of the package: its module within the package, its name, names of its bases."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = [ast.unparse(base).rsplit(".", 1)[-1] for base in node.bases]
                found.append((module, node.name, bases))
    return found


def error_classes() -> set[tuple[str, str, str]]:
    """Module, name and base of every class of the package that can be raised."""
    raised = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    known, found = -1, set()
    while known != len(found):
        known = len(found)
        for module, name, bases in classes():
            for base in raised.intersection(bases):
                found.add((module, name, base))
        raised |= {name for _, name, _ in found}
    return found


def drawn() -> set[tuple[str, str, str]]:
    """Module, name and base of each class in the docstring's tree."""
    found = set()
    above: list[str] = []
    for line in (inspect.getdoc(errors) or "").splitlines():
        if match := re.fullmatch(r"([│├└─ ]*)(\w+)(?:  +(.*))?", line):
            depth = len(match[1]) // 4
            above = [*above[:depth], match[2]]
            if depth:
                module = match[3] if match[3] and " " not in match[3] else "errors"
                found.add((module, match[2], above[depth - 1]))
    return found


def test_the_tree_in_the_docstring_is_the_tree_of_the_package() -> None:
    assert drawn() == error_classes()
    assert len(drawn()) >= 15


def test_an_error_is_named_an_error() -> None:
    assert [name for _, name, _ in error_classes() if not name.endswith("Error")] == []
