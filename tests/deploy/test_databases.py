"""Databases, roles and migrations."""

from __future__ import annotations

import asyncpg
import pytest

from deploy import databases
from deploy.trouble import Trouble
from shared.messaging import Service
from shared.settings import ServiceSettings
from tests.conftest import MakeStack
from tests.servers import Stack


@pytest.fixture
async def two(stack: MakeStack) -> Stack:
    """Two services without handlers."""
    return await stack([Service(name, ServiceSettings, handlers=[]) for name in ("first", "second")])


async def test_a_service_reads_and_writes_its_own_rows_and_makes_no_tables(two: Stack) -> None:
    own = await asyncpg.connect(two.settings("first").dsn())
    try:
        await own.execute(
            "INSERT INTO messaging.inbox (stream, id, received_at) VALUES ('EVENTS', $1, now())", "0" * 32
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute("CREATE TABLE public.note (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute("DELETE FROM public.messaging_migrations")
    finally:
        await own.close()


async def test_no_role_connects_to_another_services_database(two: Stack) -> None:
    password = two.settings("first").dsn().split(":")[2].split("@")[0]
    foreign = databases.without_password(two.admin_dsn("second"), "first")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign, password=password)


async def test_bootstrap_may_run_again(two: Stack) -> None:
    dsn = two.admin_dsn("first")
    before = await two.fetch("first", "SELECT version FROM messaging_migrations")
    await databases.migrate(dsn, "first")
    assert await two.fetch("first", "SELECT version FROM messaging_migrations") == before


async def test_a_migration_that_fails_is_named(two: Stack) -> None:
    broken = databases.ROOT / "tests" / "deploy" / "broken_migration"
    with pytest.raises(Trouble, match=r"broken_migration failed.*nonsense"):
        await databases._dbmate(two.admin_dsn("first"), broken, "broken_migrations")


async def test_a_schema_is_dumped_the_same_each_time(two: Stack) -> None:
    first = await databases.dump_schema(two.admin_dsn("first"), "messaging")
    assert first == await databases.dump_schema(two.admin_dsn("second"), "messaging")
    assert first.startswith("CREATE SCHEMA messaging;")
    assert "CREATE TABLE messaging.inbox" in first
    assert "migrations" not in first
