"""Whoever is refused can look up the code: each that the code gives is explained, and none is that nobody gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shared.contracts.problems import CODES
from tests.architecture.sources import python, tree, where

PYDANTIC = {"missing", "json_invalid"}
"""Given by pydantic, and common enough to be explained."""


def _codes() -> Iterator[tuple[str, str]]:
    """Each code that is written down in a `Problem(code=…)` or a `Rejected(…)`, with its place."""
    for path in python("shared", "services"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or _called(node) not in ("Problem", "Rejected"):
                continue
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            first = node.args[:1] if _called(node) == "Rejected" else []
            for value in [*named, *first]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, where(path, node.lineno)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_every_code_that_is_given_is_explained() -> None:
    unknown = {f"{place}: {code}" for code, place in _codes() if code not in CODES}
    assert not unknown, "explain in shared/contracts/problems.py:\n" + "\n".join(sorted(unknown))


def test_every_code_that_is_explained_is_given() -> None:
    assert set(CODES) - PYDANTIC <= {code for code, _ in _codes()}
