"""Real servers for tests, and on them a stack of each test's own.

PostgreSQL: TEST_POSTGRES_DSN (an administrator's), else a container where a Docker engine answers, else the wheel.
NATS: TEST_NATS_URL with TEST_NATS_DIR (its operator's keys), else a container, else the wheel.
Every pytest-xdist worker has its own pair; from wheels that takes a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from deploy import databases
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import free_port
from deploy.nats import accounts, api, bootstrap, consumers, jwt
from deploy.nats.keys import Keys
from deploy.own_secrets import LINK_SECRET, NOTES_KEYS, own_secrets
from shared.contracts.subjects import DESK
from shared.messaging import Service
from shared.messaging.client import Client
from shared.messaging.service import Running
from shared.settings import ServiceSettings
from tests.waiting import eventually

POSTGRES_IMAGE, NATS_IMAGE = "postgres:18", "nats:2.15-alpine"
UNSYNCED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For servers whose data dies with the test: a killed process loses nothing by it, only a power cut would."""


class Server:
    """A server from the wheels that a test may stop, kill and start again: same port, same data."""

    def __init__(self, part: Postgres | Nats) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Returns once it answers."""
        self.part.prepare()
        self.process = self.part.program().start()
        await eventually(self._ready, within=30, what=f"{self.part.log.stem} ready")

    async def stop(self) -> None:
        """As an operator would."""
        await self._end(self.part.program().stop_signal)

    async def kill(self) -> None:
        """As a power cut would, as far as the process can tell."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            await asyncio.to_thread(self.process.wait, 30)
            self.process = None

    async def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.part.log.stem} ended:\n{self.part.log.read_text()[-2000:]}")
        return await self.part.ready()


def own_postgres(folder: Path, **settings: str) -> Server:
    """A PostgreSQL of one test's own, to be started; synced unless `settings` say otherwise."""
    return Server(Postgres(folder / "postgres", folder / "postgres.log", free_port(), "of-one-test", settings))


def own_nats(folder: Path, services: Sequence[str] = ()) -> Server:
    """A NATS of one test's own, to be started; `.part.keys` are its keys."""
    keys = Keys.load_or_create(folder / "keys", services)
    return Server(Nats(folder / "nats", folder / "nats.log", keys, free_port(), free_port()))


@dataclass(frozen=True)
class NatsServer:
    url: str
    keys: Keys
    """The operator's, and those of an account that no test uses."""


@contextlib.asynccontextmanager
async def postgres() -> AsyncIterator[str]:
    """An administrator's DSN on a server that this session may use as it likes."""
    if given := os.environ.get("TEST_POSTGRES_DSN"):
        yield given
    elif engine_answers():
        async with _postgres_container() as dsn:
            yield dsn
    else:
        with tempfile.TemporaryDirectory(prefix="weefsel-postgres-") as folder:
            server = own_postgres(Path(folder), **UNSYNCED)
            await server.start()
            try:
                assert isinstance(server.part, Postgres)
                yield server.part.dsn
            finally:
                await server.stop()


@contextlib.asynccontextmanager
async def nats() -> AsyncIterator[NatsServer]:
    """A server in operator mode, and its keys."""
    if given := os.environ.get("TEST_NATS_URL"):
        yield NatsServer(given, Keys.load_or_create(Path(os.environ["TEST_NATS_DIR"]), ()))
        return
    with tempfile.TemporaryDirectory(prefix="weefsel-nats-") as folder:
        if engine_answers():
            async with _nats_container(Path(folder)) as server:
                yield server
            return
        own = own_nats(Path(folder))
        await own.start()
        try:
            assert isinstance(own.part, Nats)
            yield NatsServer(own.part.url, own.part.keys)
        finally:
            await own.stop()


@cache
def engine_answers() -> bool:
    """Whether a Docker engine is there to run containers."""
    import docker
    import docker.errors

    try:
        docker.from_env(timeout=3).ping()
    except (docker.errors.DockerException, OSError):
        return False
    return True


def which() -> str:
    """A sentence on where the servers came from."""
    other = "containers" if engine_answers() else "wheels, as no Docker engine answers"
    given = {"PostgreSQL": "TEST_POSTGRES_DSN", "NATS": "TEST_NATS_URL"}
    return "; ".join(f"{name}: {f'as {each} says' if each in os.environ else other}" for name, each in given.items())


@contextlib.asynccontextmanager
async def _postgres_container() -> AsyncIterator[str]:
    from testcontainers.community.postgres import PostgresContainer

    command = ["postgres"] + [part for name, value in UNSYNCED.items() for part in ("-c", f"{name}={value}")]
    container = PostgresContainer(POSTGRES_IMAGE, username="weefsel", password="of-one-run", driver=None)
    await asyncio.to_thread(container.with_command([*command, "-c", "max_connections=200"]).start)
    try:
        yield container.get_connection_url()
    finally:
        await asyncio.to_thread(container.stop)


@contextlib.asynccontextmanager
async def _nats_container(folder: Path) -> AsyncIterator[NatsServer]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    keys = Keys.load_or_create(folder / "keys", ())
    config = folder / "nats.conf"
    inside = Path("/data")
    keys.write_config(
        config,
        host="0.0.0.0",
        port=4222,
        monitor_host="0.0.0.0",
        monitor_port=8222,
        store_dir=inside / "streams",
        jwt_dir=inside / "accounts",
    )
    container = DockerContainer(NATS_IMAGE).with_exposed_ports(4222, 8222).with_command(["--config", "/nats.conf"])
    container.with_copy_into_container(config.read_bytes(), "/nats.conf", mode=0o644)
    container.waiting_for(HttpWaitStrategy(8222, "/healthz"))
    await asyncio.to_thread(container.start)
    try:
        host, port = container.get_container_host_ip(), container.get_exposed_port(4222)
        yield NatsServer(f"nats://{host}:{port}", keys)
    finally:
        await asyncio.to_thread(container.stop)


@dataclass(frozen=True)
class Stack:
    """An account on NATS and databases on PostgreSQL that one test, or one module, has for itself."""

    nats_url: str
    keys: Keys
    postgres: str
    """The administrator's DSN."""
    folder: Path
    definitions: dict[str, Service]
    databases: dict[str, str]
    """By service: what its database is called on the shared server."""

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self.definitions)

    def admin_dsn(self, service: str) -> str:
        """The administrator's way into the database of `service`: for looking behind its back."""
        return databases.with_database(self.postgres, self.databases[service])

    def settings(self, service: str, **changes: Any) -> ServiceSettings:
        """What `service` would read from its environment, as its own role and user."""
        values: dict[str, Any] = {
            "nats_url": self.nats_url,
            "nats_credentials": self.keys.creds(service),
            "database_url": databases.without_password(self.admin_dsn(service), service),
            "database_password_file": self.folder / "passwords" / service,
            "services": self.services,
            "log_format": "console",
            "retry_after": (0.05, 0.1, 0.2),
        }
        return self.definitions[service].settings(**(values | self.own_settings(service) | changes))

    def own_settings(self, service: str) -> dict[str, Any]:
        """What this service has besides: secrets, and where mail and links go; nothing listens there by itself."""
        own = own_secrets(self.keys.directory, service)
        if service == "signals":
            return {"notes_keys_file": own[NOTES_KEYS]}
        if service == "notify":
            return {
                "secret_file": own[LINK_SECRET], "desk_credentials": self.keys.creds(DESK), "smtp_host": "127.0.0.1",
                "smtp_port": 1, "smtp_tls": "none", "pages_url": "http://127.0.0.1", "pages_port": 0,
            }  # fmt: skip
        return {}

    def environment(self, service: str) -> dict[str, str]:
        """The same for a service as a process of its own (`python -m services.<name>`)."""
        settings = self.settings(service)
        names = ["nats_url", "nats_credentials", "database_url", "database_password_file", "log_format"]
        names += self.own_settings(service)
        return {f"WEEFSEL_{name.upper()}": str(getattr(settings, name)) for name in names} | {
            "WEEFSEL_SERVICES": ",".join(self.services)
        }

    def connect(self, name: str = "cli") -> contextlib.AbstractAsyncContextManager[Client]:
        """A client as one of our own senders."""
        return Client.connect(self.nats_url, self.keys.creds(name), name)

    def running(self, service: str, **changes: Any) -> contextlib.AbstractAsyncContextManager[Running]:
        """The service, within this process."""
        return self.definitions[service].running(self.settings(service, **changes))

    async def fetch(self, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of the database of `service`, read as the administrator."""
        connection = await asyncpg.connect(self.admin_dsn(service))
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    async def execute(self, service: str, sql: str) -> None:
        """Statements in the database of `service`, as the administrator; tables made so are the service's to use."""
        connection = await asyncpg.connect(self.admin_dsn(service))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@contextlib.asynccontextmanager
async def stack(
    postgres_dsn: str, server: NatsServer, folder: Path, services: Sequence[str | Service]
) -> AsyncIterator[Stack]:
    """A stack for `services`: names of deployed ones, or definitions made for a test."""
    definitions = {
        each.name: each
        for each in (consumers.listener(each) if isinstance(each, str) else each for each in services)
        if isinstance(each, Service)
    }
    keys = replace(server.keys, services=tuple(definitions)).for_new_account(folder / "keys")
    names = {each: f"test_{uuid.uuid4().hex[:10]}_{each}" for each in (*definitions, databases.DEPLOY)}
    made = Stack(server.url, keys, postgres_dsn, folder, definitions, names)
    try:
        await asyncio.gather(_bootstrap_nats(made), _clone_databases(made))
        yield made
    finally:
        await asyncio.gather(_remove_account(made), _drop_databases(made))


async def _bootstrap_nats(made: Stack) -> None:
    await bootstrap.bootstrap(made.nats_url, made.keys, ())
    async with api.connected(made.nats_url, made.keys, accounts.BOOTSTRAP) as client:
        for name, definition in made.definitions.items():
            await consumers.apply(client, name, consumers.of_service(name, definition))


async def _remove_account(made: Stack) -> None:
    signer = made.keys.operator_signing
    token = jwt.removal([made.keys.account], signer=signer)
    async with api.connected(made.nats_url, made.keys, accounts.SYSTEM) as system:
        await api.remove_account(system, token)


async def _clone_databases(made: Stack) -> None:
    """A copy of a migrated template each: a template is made once per server and set of migrations."""
    async with databases.one_at_a_time(made.postgres) as admin:
        for service, database in made.databases.items():
            password = hashlib.sha256(f"{made.postgres} {service}".encode()).hexdigest()
            (made.folder / "passwords").mkdir(exist_ok=True)
            (made.folder / "passwords" / service).write_text(password)
            template = f"template_{service}_{_digest_of_migrations(service)}"
            if not await admin.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", template):
                await databases.drop_database(admin, template)
                await databases.ensure_role(admin, service, password)
                await databases.ensure_database(admin, template, role=service)
                await databases.migrate(databases.with_database(made.postgres, template), service)
                await admin.execute(f'ALTER DATABASE "{template}" IS_TEMPLATE true')
            await databases.ensure_database(admin, database, role=service, template=template)


def _digest_of_migrations(service: str) -> str:
    digest = hashlib.sha256(Path(databases.__file__).read_bytes())
    for folder, _ in databases.histories(service):
        for path in sorted(folder.glob("*.sql")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


async def _drop_databases(made: Stack) -> None:
    admin = await asyncpg.connect(made.postgres)
    try:
        for database in made.databases.values():
            await databases.drop_database(admin, database)
    finally:
        await admin.close()
