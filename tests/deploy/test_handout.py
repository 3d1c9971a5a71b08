"""What `weefsel keys` makes and hands out, and what `weefsel bootstrap` makes of it."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy import databases
from deploy.cli import application
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import free_port
from tests.servers import own_nats, own_postgres

SERVICES = ["profiles", "exchange", "signals", "notify"]
OWN = {"signals": {"notes-keys"}, "notify": {"link-secret", "desk.creds"}}
"""What a service has besides."""


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def weefsel(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(arguments[0]), arguments)
    return result.exit_code, result.output


def hand_out(folder: Path, *renew: str) -> tuple[int, str]:
    renewing = [part for what in renew for part in ("--renew", what)]
    kept = ("--keys", str(folder / "keys"), "--to", str(folder / "secrets"))
    return weefsel("keys", "--services", ",".join(SERVICES), *kept, *renewing)


def test_each_part_gets_its_own_and_nothing_more(tmp_path: Path) -> None:
    assert hand_out(tmp_path)[0] == 0
    tls = {"tls.crt", "tls.key", "authority.crt"}
    found = {
        part.name: {path.name for path in part.iterdir()} for part in (tmp_path / "secrets").iterdir() if part.is_dir()
    }
    assert found == {
        "nats": {"nats.conf", *tls},
        "postgres": {"password"},
        "janitor": {"nats.creds", *tls},
        **{name: {"nats.creds", "database-password", *tls, *OWN.get(name, ())} for name in SERVICES},
    }
    assert (tmp_path / "secrets/profiles/tls.key").read_bytes() != (tmp_path / "secrets/exchange/tls.key").read_bytes()


def test_only_the_owner_can_read_any_of_it(tmp_path: Path) -> None:
    hand_out(tmp_path)
    paths = [*(tmp_path / "keys").rglob("*"), *(tmp_path / "secrets").rglob("*")]
    wrong = {path: oct(path.stat().st_mode) for path in paths if _mode(path) != (0o700 if path.is_dir() else 0o600)}
    assert wrong == {}


def test_the_second_time_nothing_changes(tmp_path: Path) -> None:
    hand_out(tmp_path)
    before = files(tmp_path)
    hand_out(tmp_path)
    assert files(tmp_path) == before


def test_what_was_handed_out_can_be_made_again(tmp_path: Path) -> None:
    hand_out(tmp_path)
    before = files(tmp_path)
    for path in (tmp_path / "secrets").rglob("*"):
        if path.is_file():
            path.unlink()
    hand_out(tmp_path)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("what", "changes", "stays"),
    [
        ("profiles", {"profiles/nats.creds", "profiles/database-password"}, {"exchange/nats.creds", "nats/nats.conf"}),
        ("certificates", {"nats/tls.crt", "profiles/tls.key", "profiles/authority.crt"}, {"profiles/nats.creds"}),
        ("operator", {"nats/nats.conf"}, {"profiles/nats.creds", "profiles/tls.crt", "postgres/password"}),
        ("notes-keys", {"signals/notes-keys"}, {"notify/link-secret", "signals/nats.creds"}),
        ("link-secret", {"notify/link-secret"}, {"signals/notes-keys", "notify/desk.creds"}),
    ],
)
def test_renewed_is_what_was_asked_and_nothing_else(
    tmp_path: Path, what: str, changes: set[str], stays: set[str]
) -> None:
    hand_out(tmp_path)
    before = files(tmp_path / "secrets")
    assert hand_out(tmp_path, what)[0] == 0
    after = files(tmp_path / "secrets")
    assert {name for name in changes if before[name] == after[name]} == set()
    assert {name for name in stays if before[name] != after[name]} == set()


def test_renewed_keys_of_notes_still_read_what_was_written_before(tmp_path: Path) -> None:
    hand_out(tmp_path)
    file = tmp_path / "secrets/signals/notes-keys"
    (before,) = file.read_text().split()
    hand_out(tmp_path, "notes-keys")
    fresh, kept = file.read_text().split()
    assert (kept, fresh != before) == (before, True)


def test_what_cannot_be_renewed_is_a_sentence(tmp_path: Path) -> None:
    code, output = hand_out(tmp_path, "weather")
    assert code == 1
    assert "nothing called weather to renew" in " ".join(output.split())


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[tuple[Nats, Postgres]]:
    """NATS and PostgreSQL of this test's own, with the keys and the administrator's password that were made."""
    hand_out(tmp_path)
    nats, postgres = own_nats(tmp_path, SERVICES), own_postgres(tmp_path)
    assert isinstance(nats.part, Nats)
    assert isinstance(postgres.part, Postgres)
    postgres.part = replace(postgres.part, password=(tmp_path / "keys/passwords/weefsel").read_text())
    await asyncio.gather(nats.start(), postgres.start())
    try:
        yield nats.part, postgres.part
    finally:
        await asyncio.gather(nats.stop(), postgres.stop())


async def test_bootstrap_makes_all_and_the_second_time_changes_nothing(
    tmp_path: Path, servers: tuple[Nats, Postgres]
) -> None:
    nats, postgres = servers
    address = f"postgresql://weefsel@127.0.0.1:{postgres.port}/postgres"
    arguments = ("--services", "profiles", "--keys", str(tmp_path / "keys"), "--nats-url", nats.url)

    async def bootstrap() -> tuple[int, str]:
        return await asyncio.to_thread(weefsel, "bootstrap", *arguments, "--postgres-url", address)

    code, output = await bootstrap()
    assert code == 0, output
    assert "stream EVENTS made" in output
    role = databases.without_password(databases.with_database(postgres.dsn, "profiles"), "profiles")
    password = (tmp_path / "secrets/profiles/database-password").read_text()
    connection = await asyncpg.connect(role, password=password)
    assert await connection.fetchval("SELECT count(*) FROM messaging.outbox") == 0
    await connection.close()
    assert await bootstrap() == (
        0,
        "Databases are at the newest schema: profiles, deploy.\nNATS: nothing to change.\nPartners: none yet.\n",
    )


async def test_bootstrap_says_in_a_sentence_what_it_cannot_reach(tmp_path: Path) -> None:
    hand_out(tmp_path)
    nowhere = f"127.0.0.1:{free_port()}"
    code, output = await asyncio.to_thread(
        weefsel, "bootstrap", "--services", "profiles", "--keys", str(tmp_path / "keys"),
        "--nats-url", f"nats://{nowhere}", "--postgres-url", f"postgresql://weefsel@{nowhere}/postgres",
    )  # fmt: skip
    assert code == 1
    assert "can't be set up" in output
    assert "Traceback" not in output


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
