"""`weefsel events`: whoever plugs in can ask what each message means, without anything running."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from deploy.commands.events import app
from shared.contracts import load

RUNNER = CliRunner()


def test_list_names_every_contract() -> None:
    ran = RUNNER.invoke(app, ["list"])
    assert ran.exit_code == 0, ran.output
    assert all(type_ in ran.output for type_ in load())


def test_list_for_scripts_can_be_narrowed() -> None:
    ran = RUNNER.invoke(app, ["list", "--service", "profiles", "--kind", "queries", "--json"])
    listed = json.loads(ran.output)
    assert {each["kind"] for each in listed} == {"query"}
    assert all(each["type"].startswith("profiles.") for each in listed)


@pytest.mark.parametrize(
    "name", ["profiles.participant.register.v1", "profiles.participant.register", "RegisterParticipant"]
)
def test_show_tells_all_of_one(name: str) -> None:
    ran = RUNNER.invoke(app, ["show", name])
    assert ran.exit_code == 0, ran.output
    for expected in (
        "weefsel.cmd.profiles.participant.register",
        "COMMANDS",
        "neighbourhood_id *",
        "Maria Peeters",
        "Answer",
    ):
        assert expected in ran.output


@pytest.mark.parametrize("type_", load())
def test_show_works_for_every_contract(type_: str) -> None:
    ran = RUNNER.invoke(app, ["show", type_])
    assert ran.exit_code == 0, ran.output
    assert json.loads(RUNNER.invoke(app, ["show", type_, "--json"]).output)["type"] == type_


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["show", "RegisterParticpant"], "RegisterParticipant"),
        (["show", "zzz"], "weefsel events list"),
        (["list", "--service", "bakery"], "profiles"),
        (["list", "--kind", "rumour"], "command"),
    ],
)
def test_a_word_that_means_nothing_is_answered_with_one_that_does(arguments: list[str], hint: str) -> None:
    ran = RUNNER.invoke(app, arguments)
    assert ran.exit_code == 1
    assert hint in ran.output
    assert "Traceback" not in ran.output
