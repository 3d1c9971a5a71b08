"""Every rule of the domain has an owner and a test that exists; what is open belongs to a service that doesn't."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.architecture.sources import ROOT, SERVICES

PLANNED = {"profiles", "exchange", "signals", "notify"}
OTHERS = {"contracts", "shared", "deploy"}
THERE = {service.name for service in SERVICES} | OTHERS
OPEN = "open"


@dataclass(frozen=True)
class Rule:
    says: str
    owner: str
    test: str


def _rules() -> list[Rule]:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.M)
    return [Rule(*row) for row in rows if row[0] != "rule"]


RULES = _rules()


def test_the_list_is_whole() -> None:
    """Each building block of the domain has its rules; none is there twice for the same owner."""
    assert len(RULES) > 80
    assert len({(rule.says, rule.owner) for rule in RULES}) == len(RULES)
    assert {rule.owner for rule in RULES} <= PLANNED | OTHERS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: re.sub(r"\W+", "-", f"{rule.owner}: {rule.says}")[:90])
def test_a_rule_has_a_test_that_exists(rule: Rule) -> None:
    if rule.test == OPEN:
        assert rule.owner not in THERE, f"{rule.owner} exists: name the test that holds this rule"
        return
    path, _, name = rule.test.partition("::")
    assert (ROOT / path).is_file(), f"{path} does not exist"
    assert re.search(rf"^ *(async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.M), f"{path} has no {name}"
