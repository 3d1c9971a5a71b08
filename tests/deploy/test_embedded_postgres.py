"""PostgreSQL from the wheel, as `make up` and the tests run it."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.postgres import Postgres
from deploy.trouble import Trouble
from tests.servers import Server, own_postgres


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder with a space in its path, longer than a Unix socket's path may be, closed to others."""
    folder = tmp_path / "a closed folder" / ("deep" * 20) / ("deeper" * 10)
    folder.mkdir(parents=True)
    (tmp_path / "a closed folder").chmod(0o700)
    return folder


async def fetch(server: Server, sql: str) -> object:
    assert isinstance(server.part, Postgres)
    connection = await asyncpg.connect(server.part.dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_runs_deep_in_a_closed_folder_whose_mode_stays(deep: Path, tmp_path: Path) -> None:
    parents = [each for each in deep.parents if each.is_relative_to(tmp_path)]
    before = {each: each.stat().st_mode for each in parents}
    server = own_postgres(deep)
    await server.start()
    try:
        assert await fetch(server, "SHOW data_checksums") == "on"
        assert await fetch(server, "SHOW fsync") == "on"
        assert await fetch(server, "SHOW synchronous_commit") == "on"
        assert await fetch(server, "SHOW listen_addresses") == "127.0.0.1"
        assert await fetch(server, "SHOW unix_socket_directories") == ""
    finally:
        await server.stop()
    assert {each: each.stat().st_mode for each in parents} == before
    assert not (deep / "postgres" / "password").exists()


async def test_nobody_gets_in_without_the_password(deep: Path) -> None:
    server = own_postgres(deep)
    assert isinstance(server.part, Postgres)
    await server.start()
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.part.dsn.replace("of-one-test", "guessed"))
        rules = "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
        assert await fetch(server, rules) == 0
    finally:
        await server.stop()


async def test_what_was_committed_outlives_a_kill(deep: Path) -> None:
    server = own_postgres(deep)
    await server.start()
    await fetch(server, "CREATE TABLE kept AS SELECT 7 AS number")
    await server.kill()
    await server.start()
    try:
        assert await fetch(server, "SELECT number FROM kept") == 7
    finally:
        await server.stop()


async def test_a_pid_file_whose_number_another_process_has_is_cleared_away(deep: Path) -> None:
    server = own_postgres(deep)
    assert isinstance(server.part, Postgres)
    server.part.prepare()
    pid_file = server.part.data / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{server.part.data}\n")
    await server.start()
    await server.stop()


async def test_a_second_one_on_the_same_data_is_told_so(deep: Path) -> None:
    server = own_postgres(deep)
    assert isinstance(server.part, Postgres)
    await server.start()
    try:
        with pytest.raises(Trouble, match="already works in"):
            server.part.prepare()
    finally:
        await server.stop()


async def test_a_first_start_that_was_cut_off_begins_again(deep: Path) -> None:
    server = own_postgres(deep)
    assert isinstance(server.part, Postgres)
    server.part.prepare()
    (server.part.folder / "unfinished").touch()
    (server.part.data / "global" / "pg_control").unlink()
    await server.start()
    await server.stop()
