"""Partners: organisations that plug in by events. A grant is a row; what NATS allows is derived from it.

Each change is applied in full and may be applied again, so that a run cut short is mended by running it once more.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg
from nats.aio.client import Client
from pydantic import TypeAdapter, ValidationError

from deploy.nats import accounts, api, consumers, jwt
from deploy.nats.accounts import BOOTSTRAP, SYSTEM
from deploy.nats.jwt import ACCOUNT, USER, Key
from deploy.nats.keys import Keys
from deploy.trouble import Trouble
from shared import clock, contracts
from shared.contracts import subjects
from shared.contracts.deploy import PartnerGranted
from shared.contracts.envelope import SOURCE, Command, Envelope, Query
from shared.contracts.subjects import PARTNER, ROOT
from shared.contracts.types import NeighbourhoodId, Token
from shared.ids import new_id

_ONE_AT_A_TIME = 7_404_100_002
"""The advisory lock under which partners are changed."""


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner and what it may do, as kept."""

    name: str
    organisation_id: str
    neighbourhood_ids: list[str]
    commands: list[str]
    account: str
    user_key: str
    granted_at: datetime

    def public(self) -> dict[str, Any]:
        """What is shown; nothing in it is secret."""
        return asdict(self) | {"granted_at": self.granted_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Admission:
    """A partner that was added or changed."""

    partner: Partner
    is_new: bool
    user_jwt: str
    """Says who the partner is. What it may do stands on the server, so this changes only with its key."""
    key: Key | None
    """Made here and kept nowhere: hand it over, once. None when the partner brought its own."""

    def credentials(self) -> str:
        """What to hand over: a .creds file, or the JWT alone when the partner has the seed."""
        return jwt.credentials(self.user_jwt, self.key) if self.key else f"{self.user_jwt}\n"


@dataclass(frozen=True, slots=True)
class Office:
    """Where partners are kept and let in: NATS with its keys, and the operator's database."""

    nats_url: str
    keys: Keys
    database_dsn: str

    async def add(
        self,
        name: str,
        organisation_id: str,
        neighbourhood_ids: Sequence[str],
        commands: Sequence[str],
        public_key: str | None = None,
        *,
        new_key: bool = False,
    ) -> Admission:
        """Let a partner in, or change what it may do. Nothing restarts; a live client gets its new rights at once.

        `public_key` is the public half of an nkey that the partner made. Without it a new partner gets a key made here,
        and one that is known keeps the key it has, unless `new_key`. Raises Trouble with what can't be granted.
        """
        _check_name(name, self.keys.services)
        _check_places(organisation_id, neighbourhood_ids)
        _check_commands(commands)
        if public_key is not None:
            _check_public_key(public_key)
        async with self._database() as database:
            known = await _find(database, name)
            key = Key.new(USER) if public_key is None and (known is None or new_key) else None
            user_key = key.public if key else public_key or (known.user_key if known else "")
            partner = Partner(
                name=name,
                organisation_id=organisation_id,
                neighbourhood_ids=sorted(set(neighbourhood_ids)),
                commands=sorted(set(commands)),
                account=known.account if known else Key.new(ACCOUNT).public,
                user_key=user_key,
                granted_at=clock.now(),
            )
            await _keep(database, partner)
            await self._apply(partner)
        signer = self.keys.partner_signing(name, user_key)
        user_jwt = jwt.user(user_key, name, account=partner.account, signer=signer)
        return Admission(partner, is_new=known is None, user_jwt=user_jwt, key=key)

    async def all(self) -> list[Partner]:
        async with self._database() as database:
            return [_partner(row) for row in await database.fetch("SELECT * FROM partner ORDER BY name")]

    async def show(self, name: str) -> Partner:
        """Raises Trouble when there is none of that name."""
        async with self._database() as database:
            return await _existing(database, name)

    async def remove(self, name: str) -> Partner:
        """Shut a partner out: live clients are cut, its consumers and letters are gone, services are told."""
        async with self._database() as database:
            partner = await _existing(database, name)
            async with api.connected(self.nats_url, self.keys, SYSTEM) as system:
                await api.remove_account(system, jwt.removal([partner.account], signer=self.keys.operator_signing))
            async with api.connected(self.nats_url, self.keys, BOOTSTRAP) as client:
                await consumers.delete_of_partner(client, name)
                await api.call(client, f"STREAM.PURGE.{PARTNER}", {"filter": f"{ROOT}.to.{name}.>"})
                await _tell(client, partner, removed=True)
            self.keys.forget_partner(name)
            await database.execute("DELETE FROM partner WHERE name = $1", name)
            return partner

    async def apply(self) -> list[Partner]:
        """Bring NATS to what is kept of every partner: after a restore, or a release that changed rights."""
        async with self._database() as database:
            partners = [_partner(row) for row in await database.fetch("SELECT * FROM partner ORDER BY name")]
            for partner in partners:
                await self._apply(partner)
            return partners

    async def _apply(self, partner: Partner) -> None:
        """First what it may read and what services know of it, then the account that lets it in."""
        async with api.connected(self.nats_url, self.keys, BOOTSTRAP) as client:
            wanted = consumers.of_partner(partner.name, partner.neighbourhood_ids)
            await consumers.apply(client, accounts.consumer(partner.name), wanted)
            await _tell(client, partner)
        async with api.connected(self.nats_url, self.keys, SYSTEM) as system:
            await api.push_account(system, self._account_jwt(partner))
        self.keys.forget_partner(partner.name, but=partner.user_key)

    def _account_jwt(self, partner: Partner) -> str:
        known = grantable()  # a release may take one back
        granted = {each for each in partner.commands if each in known}
        queries = {each for each in granted if issubclass(known[each], Query)}
        signer = self.keys.partner_signing(partner.name, partner.user_key)
        scope = accounts.partner_scope(partner.name, granted - queries, queries)
        imports = accounts.partner_imports(
            partner.name, partner.account, exporter=self.keys.account, signer=self.keys.account_signing
        )
        return jwt.account(
            partner.account,
            f"partner {partner.name}",
            signer=self.keys.operator_signing,
            signing=[scope.claim(signer.public)],
            imports=imports,
            limits=accounts.PARTNER_LIMITS,
        )

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[asyncpg.Connection]:
        """One change at a time; nobody waits inside a transaction while NATS is asked."""
        try:
            connection = await asyncpg.connect(self.database_dsn)
        except (OSError, asyncpg.PostgresError) as error:
            raise Trouble(f"The operator's database can't be reached ({error}): is PostgreSQL running?") from error
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
            yield connection
        finally:
            await connection.close()


def grantable() -> dict[str, type[Command] | type[Query]]:
    """Commands and queries that a partner can be granted, by type without version."""
    return {
        type_.rpartition(".")[0]: contract
        for type_, contract in contracts.load().items()
        if issubclass(contract, Command | Query) and contract.FOR_PARTNERS
    }


async def _tell(client: Client, partner: Partner, *, removed: bool = False) -> None:
    state = PartnerGranted(
        partner=partner.name,
        organisation_id=partner.organisation_id,
        neighbourhood_ids=[] if removed else partner.neighbourhood_ids,
        commands=[] if removed else partner.commands,
        removed=removed,
    )
    envelope = Envelope(id=new_id(), type=state.TYPE, source=f"{SOURCE}/deploy", time=clock.now(), subject=partner.name)
    await api.publish(client, subjects.state(state), state.model_dump_json().encode(), envelope.headers())


async def _keep(database: asyncpg.Connection, partner: Partner) -> None:
    await database.execute(
        """
        INSERT INTO partner (name, organisation_id, neighbourhood_ids, commands, account, user_key, granted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET
            organisation_id = excluded.organisation_id,
            neighbourhood_ids = excluded.neighbourhood_ids,
            commands = excluded.commands,
            user_key = excluded.user_key,
            granted_at = excluded.granted_at
        """,
        partner.name,
        partner.organisation_id,
        partner.neighbourhood_ids,
        partner.commands,
        partner.account,
        partner.user_key,
        partner.granted_at,
    )


async def _find(database: asyncpg.Connection, name: str) -> Partner | None:
    row = await database.fetchrow("SELECT * FROM partner WHERE name = $1", name)
    return _partner(row) if row else None


async def _existing(database: asyncpg.Connection, name: str) -> Partner:
    partner = await _find(database, name)
    if partner is None:
        raise Trouble(f"There is no partner called {name}: `weefsel partner list` names them.")
    return partner


def _partner(row: asyncpg.Record) -> Partner:
    return Partner(**dict(row))


def _check_name(name: str, services: Sequence[str]) -> None:
    _check(Token, name, f"A partner can't be called {name!r}: its name")
    if name in accounts.RESERVED or name in services:
        raise Trouble(f"A partner can't be called {name}: the name is our own. Choose another, such as {name}-partner.")


def _check_places(organisation_id: str, neighbourhood_ids: Sequence[str]) -> None:
    _check(Token, organisation_id, f"{organisation_id!r} can't be an organisation: its id")
    if not neighbourhood_ids:
        raise Trouble("Name at least one neighbourhood whose feed the partner may follow.")
    for each in neighbourhood_ids:
        _check(NeighbourhoodId, each, f"{each!r} can't be a neighbourhood: its id")


def _check(kind: Any, text: str, what: str) -> None:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Trouble(f"{what} {reason}.") from None


def _check_commands(commands: Sequence[str]) -> None:
    known = grantable()
    for each in commands:
        if each not in known:
            close = difflib.get_close_matches(each, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "`weefsel events list` names them."
            raise Trouble(f"There is no command or query {each!r} that a partner can be granted: {hint}")


def _check_public_key(public_key: str) -> None:
    if not re.fullmatch(r"U[A-Z2-7]{55}", public_key) or not jwt.is_public(public_key, USER):
        raise Trouble(
            f"{public_key!r} is not the public key of an NATS user (U and 55 letters): ask the partner for it again."
        )
