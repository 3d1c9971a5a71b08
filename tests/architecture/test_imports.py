"""Imports run one way, and the contracts that say so catch what runs another."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, SERVICES

LINT = Path(sys.executable).with_name("lint-imports")
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def _lint(folder: Path) -> tuple[int, str]:
    ran = subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return ran.returncode, " ".join((ran.stdout + ran.stderr).split())


def test_imports_run_one_way() -> None:
    code, said = _lint(ROOT)
    assert code == 0, said


def test_every_service_is_held_to_its_layers() -> None:
    held = {name for contract in CONFIG["contracts"] for name in contract.get("containers", [])}
    assert held == {f"services.{service.name}" for service in SERVICES}, "name every service in pyproject.toml"


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("services/profiles/domain.py", "import services.profiles.repository", "A service reads one way"),
        ("services/profiles/repository.py", "import services.profiles.handlers", "A service reads one way"),
        ("services/profiles/handlers.py", "import services.exchange.domain", "Services never know each other"),
        ("services/profiles/app.py", "import deploy.cli", "Services know shared, and nothing of deploy"),
        ("shared/ids.py", "import services.profiles.domain", "What is shared knows neither"),
        ("shared/contracts/types.py", "import shared.messaging", "Contracts stand on nothing but ids and words"),
        ("services/profiles/domain.py", "import asyncpg", "The domain takes values and returns values"),
        ("services/profiles/domain.py", "import shared.clock", "The domain takes values and returns values"),
        ("services/profiles/handlers.py", "import asyncio", "Only a repository speaks to the database"),
    ],
)
def test_an_import_the_wrong_way_is_caught(tmp_path: Path, path: str, line: str, contract: str) -> None:
    """In a project of empty modules with our configuration and one wrong line."""
    for service in (each.name for each in SERVICES):
        for module in ("__init__", "app", "handlers", "repository", "domain"):
            _module(tmp_path / "services" / service / f"{module}.py")
    for each in ("__init__", "ids", "clock", "database", "settings", "telemetry"):
        _module(tmp_path / "shared" / f"{each}.py")
    for package in ("services", "shared/messaging", "shared/contracts", "deploy"):
        _module(tmp_path / package / "__init__.py")
    _module(tmp_path / "shared/contracts/types.py")
    _module(tmp_path / "deploy/cli.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / path).write_text(f"{line}\n", "utf-8")
    code, said = _lint(tmp_path)
    assert code == 1, said
    assert contract in said.split("Broken contracts")[1], said


def _module(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
