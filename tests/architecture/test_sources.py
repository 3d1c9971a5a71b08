"""How services are written: who speaks SQL, who knows the time, and how much a handler does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, functions, of_service, python, strings, tree, where

SQL = re.compile(
    r"\s*(SELECT\b.*\bFROM\b|SELECT \d|INSERT INTO\b|UPDATE \w+.*\bSET\b|DELETE FROM\b|WITH \w+.*\bAS \()", re.S
)
SQL_CLOCK = re.compile(
    r"\b(now\(\)|current_timestamp|current_date|localtimestamp|clock_timestamp|statement_timestamp)", re.I
)
PYTHON_CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
NOT_IN_A_HANDLER = {"commit", "rollback", "publish", "sleep", "request", "connect", "run", "create_task", "gather"}
LOGS = {"debug", "info", "warning", "error", "exception", "critical"}
LONGEST = 15


def _rest_of_services() -> list[Path]:
    repository = set(of_service("repository"))
    return [path for path in python("services") if path not in repository]


def test_only_a_repository_speaks_sql() -> None:
    found = [where(path, line) for path in _rest_of_services() for line, text in strings(path) if SQL.match(text)]
    assert not found, found


def test_sql_never_asks_for_the_time() -> None:
    """Time comes from shared/clock.py: a database has another, and the embedded stack can't move it."""
    files = [
        path for path in ROOT.glob("*/**/migrations/*.sql") if ".venv" not in path.parts and "tests" not in path.parts
    ]
    found = [str(path.relative_to(ROOT)) for path in files if SQL_CLOCK.search(path.read_text("utf-8"))]
    code = python("services", "shared", "deploy")
    found += [where(path, line) for path in code for line, text in strings(path) if SQL_CLOCK.search(text)]
    assert not found, found


def test_only_the_clock_knows_the_time() -> None:
    found = [
        where(path, node.lineno)
        for path in python("services", "shared")
        if path != ROOT / "shared" / "clock.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in PYTHON_CLOCK
    ]
    assert not found, found


def test_a_handler_fits_in_fifteen_lines_and_leaves_the_rest_to_the_kit() -> None:
    found = []
    for path in of_service("handlers"):
        for function in functions(path):
            if any(_name(each) == "handles" for each in function.decorator_list):
                found += [f"{where(path, function.lineno)} {function.name}: {what}" for what in _too_much(function)]
    assert not found, "\n".join(found)


def test_the_domain_waits_for_nothing() -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    found = [
        where(path, node.lineno)
        for path in of_service("domain")
        for node in ast.walk(tree(path))
        if isinstance(node, waiting)
    ]
    assert not found, found


def test_a_repository_function_takes_the_transaction_first() -> None:
    found = [
        f"{where(path, function.lineno)} {function.name}"
        for path in of_service("repository")
        for function in functions(path)
        if isinstance(function, ast.AsyncFunctionDef) and (not function.args.args or function.args.args[0].arg != "tx")
    ]
    assert not found, found


def test_a_log_line_is_a_constant_sentence() -> None:
    found = [
        where(path, node.lineno)
        for path in python("services", "shared", "deploy")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("log", "logger")
        and node.func.attr in LOGS
        and not (node.args and isinstance(node.args[0], ast.Constant))
    ]
    assert not found, found


HANDLER = "@handles(OfferMade)\nasync def on_offer_made(event, tx):\n    '''Meaning.'''\n"


@pytest.mark.parametrize(
    "body", ["    x = 1\n" * 16, "    await tx.connection.commit()\n", "    await asyncio.sleep(1)\n"]
)
def test_a_handler_that_does_too_much_is_seen(body: str) -> None:
    function = ast.parse(HANDLER + body).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    assert list(_too_much(function))


@pytest.mark.parametrize(
    "text", ["SELECT 1", "\n  INSERT INTO participant (a) VALUES ($1)", "UPDATE x SET a = 1", "WITH a AS (SELECT 1)"]
)
def test_sql_is_recognised(text: str) -> None:
    assert SQL.match(text)


@pytest.mark.parametrize("text", ["select a neighbour", "Update your profile", "with someone", "INSERT a coin"])
def test_a_sentence_is_no_sql(text: str) -> None:
    assert not SQL.match(text)


def _too_much(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    found = []
    if body:
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
        if lines > LONGEST:
            found.append(f"{lines} lines")
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return found + [f"calls {_name(call)}" for call in calls if _name(call) in NOT_IN_A_HANDLER]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
