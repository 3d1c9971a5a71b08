"""`make check` sees what it is there to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import check

ROOT = Path(check.__file__).parents[1]


async def test_a_check_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert await check.main(["spelling"]) == 2
    assert "typos" in capsys.readouterr().out


async def test_every_migration_is_safe_while_the_release_before_runs() -> None:
    assert await check.main(["squawk"]) == 0


@pytest.mark.parametrize(
    ("migration", "rule"),
    [
        ("ALTER TABLE participant ADD COLUMN colour text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE participant DROP COLUMN name;", "ban-drop-column"),
        ("ALTER TABLE participant RENAME COLUMN name TO called;", "renaming-column"),
        ("ALTER TABLE participant ALTER COLUMN name TYPE int;", "changing-column-type"),
        ("DROP TABLE participant;", "ban-drop-table"),
    ],
)
def test_a_migration_that_breaks_the_release_before_is_refused(migration: str, rule: str) -> None:
    ran = subprocess.run(
        [Path(sys.executable).with_name("squawk"), "--config", ".squawk.toml", "--stdin-filepath", "x.sql"],
        cwd=ROOT,
        input=migration,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode != 0
    assert rule in ran.stdout + ran.stderr
