"""The parts of the embedded stack: which process each is, and how one sees that it is ready."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property

from deploy import databases
from deploy.embedded.home import Home, Ports
from deploy.embedded.nats import Nats, healthy
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import PROJECT, Program
from deploy.nats.keys import Keys
from deploy.own_secrets import LINK_SECRET, NOTES_KEYS, own_secrets
from deploy.secret_files import read_or_make_password
from shared.contracts.subjects import DESK

SERVICES = ("profiles", "exchange", "signals", "notify")
JANITOR = "janitor"


@dataclass(frozen=True)
class Part:
    program: Program
    address: str
    """What a person can open or connect to."""
    ready: Callable[[], Awaitable[bool]]
    server: bool = False
    """Whether the others need it: it starts first and stops last."""

    @property
    def name(self) -> str:
        return self.program.name


def deployed() -> tuple[str, ...]:
    """The services that exist in this release."""
    return tuple(name for name in SERVICES if (PROJECT / "services" / name / "app.py").exists())


@dataclass(frozen=True)
class Blueprint:
    """What the stack in `home` consists of, on `ports`."""

    home: Home
    ports: Ports

    @cached_property
    def keys(self) -> Keys:
        return Keys.load_or_create(self.home.keys, deployed())

    @cached_property
    def postgres(self) -> Postgres:
        password = read_or_make_password(self.home.passwords / "weefsel")
        return Postgres(self.home.postgres, self.home.log("postgres"), self.ports.postgres, password)

    @cached_property
    def nats(self) -> Nats:
        return Nats(self.home.nats, self.home.log("nats"), self.keys, self.ports.nats, self.ports.nats_monitor)

    def all_ports(self) -> list[tuple[str, int]]:
        """What listens where."""
        names = (*deployed(), JANITOR)
        return [
            ("PostgreSQL", self.ports.postgres),
            ("NATS", self.ports.nats),
            ("NATS's monitor", self.ports.nats_monitor),
            ("the mail catcher", self.ports.smtp),
            ("the inbox page", self.ports.inbox),
            ("the pages behind links in mails", self.ports.pages),
            *((f"the health of {name}", self.ports.health(name)) for name in names),
        ]

    def servers(self) -> list[Part]:
        """PostgreSQL and NATS, prepared to be started."""
        postgres, nats = self.postgres, self.nats
        postgres.prepare()
        nats.prepare()
        return [
            Part(postgres.program(), f"127.0.0.1:{postgres.port}", postgres.ready, server=True),
            Part(nats.program(), nats.url, nats.ready, server=True),
        ]

    def mail(self) -> Part:
        page = f"http://127.0.0.1:{self.ports.inbox}"
        command = [sys.executable, "-m", "deploy.embedded.mail", str(self.home.mail)]
        program = Program(
            "mail", [*command, str(self.ports.smtp), str(self.ports.inbox)], self.home.log("mail"), self._clock()
        )
        return Part(program, page, lambda: healthy(f"{page}/healthz"))

    def processes(self) -> list[Part]:
        """The services and the janitor."""
        own = {"signals": self._signals, "notify": self._notify}
        parts = [
            self._process(name, f"services.{name}", self.database(name) | own.get(name, dict)()) for name in deployed()
        ]
        if (PROJECT / "deploy" / "janitor.py").exists():
            parts.append(self._process(JANITOR, "deploy.janitor", {}))
        return parts

    def database(self, service: str) -> dict[str, str]:
        """What a service is told of its database."""
        return {
            "WEEFSEL_DATABASE_URL": f"postgresql://{service}@127.0.0.1:{self.ports.postgres}/{service}",
            "WEEFSEL_DATABASE_PASSWORD_FILE": str(self.home.passwords / service),
        }

    def _signals(self) -> dict[str, str]:
        return {"WEEFSEL_NOTES_KEYS_FILE": str(own_secrets(self.home.keys, "signals")[NOTES_KEYS])}

    def _notify(self) -> dict[str, str]:
        """Mail goes to the catcher, and links lead to this machine."""
        return {
            "WEEFSEL_SECRET_FILE": str(own_secrets(self.home.keys, "notify")[LINK_SECRET]),
            "WEEFSEL_DESK_CREDENTIALS": str(self.keys.creds(DESK)),
            "WEEFSEL_SMTP_HOST": "127.0.0.1",
            "WEEFSEL_SMTP_PORT": str(self.ports.smtp),
            "WEEFSEL_SMTP_TLS": "none",
            "WEEFSEL_MAIL_FROM": "weefsel@weefsel.example",
            "WEEFSEL_PAGES_URL": f"http://127.0.0.1:{self.ports.pages}",
            "WEEFSEL_PAGES_PORT": str(self.ports.pages),
        }

    async def bootstrap_databases(self) -> None:
        await databases.bootstrap(self.postgres.dsn, self.home.passwords, deployed())

    async def bootstrap_nats(self) -> None:
        from deploy.nats.bootstrap import bootstrap

        await bootstrap(self.nats.url, self.keys, deployed())

    async def bootstrap_partners(self) -> None:
        """Needs both: a release may have changed what partners can do."""
        from deploy.partners import Office

        operator = databases.with_database(self.postgres.dsn, databases.DEPLOY)
        await Office(self.nats.url, self.keys, operator).apply()

    def _process(self, name: str, module: str, settings: dict[str, str]) -> Part:
        port = self.ports.health(name)
        environment = {
            **settings,
            **self._clock(),
            "WEEFSEL_NATS_URL": f"nats://127.0.0.1:{self.ports.nats}",
            "WEEFSEL_NATS_CREDENTIALS": str(self.home.keys / "creds" / f"{name}.creds"),
            "WEEFSEL_HEALTH_PORT": str(port),
            "WEEFSEL_SERVICES": ",".join(deployed()),
            "WEEFSEL_LOG_FORMAT": "console",
        }
        if self.home.policy.exists():
            environment["WEEFSEL_POLICY"] = str(self.home.policy)
        program = Program(name, [sys.executable, "-m", module], self.home.log(name), environment)
        health = f"http://127.0.0.1:{port}/readyz"
        return Part(program, health, lambda: healthy(health))

    def _clock(self) -> dict[str, str]:
        return {"WEEFSEL_CLOCK_FILE": str(self.home.clock)}
