"""What every mail is written with: who reads it, links, names, and the ways in which kinds of mail are written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify import links
from services.notify.asking import Asker
from services.notify.domain.links import Link, Purpose
from services.notify.domain.mails import GROUPS, Mail
from services.notify.domain.people import Neighbourhood, Person
from services.notify.domain.people import Worker as KnownWorker
from services.notify.handlers.telling import Seen
from services.notify.repository import people
from services.notify.writing import data
from shared.contracts.envelope import Query
from shared.messaging import Transaction
from shared.messaging.client import Refused
from shared.policy import Policy

BRUSSELS = ZoneInfo("Europe/Brussels")
"""The clock of who belongs to no neighbourhood."""
DESK_LINK_LASTS = timedelta(minutes=60)
FOR_NOW = frozenset({"try_again", "failed"})
"""Refusals that say nothing of the matter: it is asked again later."""


class Moot(Exception):
    """There is nothing left to tell; why."""


@dataclass
class Known(Seen):
    """What was looked up for this batch of mails."""

    workers: dict[UUID, KnownWorker | None] = field(default_factory=dict)


@dataclass
class Writing:
    """One mail that is being written, in a transaction that keeps its links."""

    tx: Transaction
    mail: Mail
    policy: Policy
    place: Neighbourhood | None
    person: Person | None = None
    """Who gets it, when that is a participant."""
    worker: KnownWorker | None = None
    """Who gets it, when that is a worker."""
    language: str | None = None
    """Of who gets it, when that is neither: what is known of the service."""
    known: Known = field(default_factory=Known)
    links: list[Link] = field(default_factory=list)
    """Those of the batch, to be kept together."""

    async def link(self, purpose: Purpose, matter: UUID | None = None, detail: str = "") -> str:
        """A new link for who gets this mail."""
        mail = self.mail
        who: dict[str, Any] = {mail.to_kind: mail.to_id}
        if mail.to_kind == "contact":
            who = {"contact": mail.matter.referral_id}
        end = self.tx.now + DESK_LINK_LASTS if mail.kind == "desk-link" else None
        link, url = links.new(
            self.tx, purpose, matter=matter, acts_for=mail.acts_for, detail=detail, policy=self.policy,
            expires_at=end, **who,
        )  # fmt: skip
        self.links.append(link)
        return url

    async def desk(self, path: str = "") -> str:
        """A link to a page of the desk: `/signals/<id>`."""
        return await self.link("desk", detail=f"/desk{path}")

    async def name(self, participant_id: UUID | None) -> str:
        """What a participant is called. Moot when they are no longer known."""
        if participant_id is None:
            raise Moot("nobody is named")
        standing = await self.known.standing(self.tx, participant_id)
        if standing is None or standing.person.name is None:
            raise Moot("they are no longer known")
        return standing.person.name

    async def neighbour(self, participant_id: UUID) -> data.Neighbour:
        """The other of two who have agreed, with the contact that they chose to be reached by."""
        standing = await self.known.standing(self.tx, participant_id)
        if standing is None or standing.person.name is None:
            raise Moot("the other is no longer known")
        person = standing.person
        return data.Neighbour(name=standing.person.name, phone=person.phone, email=person.email)

    async def worker_called(self, worker_id: UUID | None) -> data.Worker | None:
        """A worker, as those they work for may reach them."""
        found = await worker_of(self.tx, worker_id, self.known) if worker_id else None
        if found is None or found.ended:
            return None
        return data.Worker(name=found.name, phone=found.phone, email=found.email, role=self._role(found))

    def _role(self, worker: KnownWorker) -> Literal["worker", "coordinator"]:
        """What they are here. Who coordinates, and works here as well, is the worker."""
        place = self.place
        here = place is not None and place.neighbourhood_id in worker.neighbourhood_ids
        coordinates = place is not None and worker.worker_id == place.coordinator_id
        return "coordinator" if coordinates and not here else "worker"

    async def reader(self) -> data.Reader:
        """For whom it is written."""
        settings = self.tx.settings
        zone = self.place.zone if self.place else BRUSSELS
        common: dict[str, Any] = {
            "policy": self.policy, "zone": zone, "now": self.tx.now, "sender": settings.mail_from,
        }  # fmt: skip
        if self.person is not None:
            language = self.person.language(self.policy)
            return data.Reader(
                name=self.person.name or "", language=language, email=self.person.email or "",
                neighbourhood=self.place.name(language) if self.place else "",
                worker=await self.worker_called(self.place.worker_id if self.place else None),
                preferences_url=await self.link("page", detail="/mine/mail"),
                acts_for=await self.name(self.mail.acts_for) if self.mail.acts_for else None, **common,
            )  # fmt: skip
        if self.worker is not None:
            language = self.worker.language
            return data.Reader(
                name=self.worker.name, language=language, email=self.worker.email,
                neighbourhood=self.place.name(language) if self.place else self.worker.organisation_id,
                preferences_url=await self.desk("/me/mail"), **common,
            )  # fmt: skip
        language = self.language or self.mail.detail.get("language") or self.policy.languages[0]
        place = self.place
        return data.Reader(
            name="", language=language, neighbourhood=place.name(language) if place else "",
            email=self.mail.address or "", worker=await self.worker_called(place.worker_id if place else None),
            **common,
        )  # fmt: skip

    async def unsubscribe(self) -> str | None:
        """The link that a mail program shows as a button; null for what one can't do without."""
        group = GROUPS.get(self.mail.kind)
        return await self.link("unsubscribe", detail=group) if group and self.person is not None else None


Ask = Callable[[Asker, Mail], Awaitable[Any]]
Write = Callable[[Writing, Any], Awaitable[data.Mail]]


@dataclass(frozen=True)
class Way:
    """How a kind of mail is written."""

    ask: Ask
    write: Write


WAYS: dict[str, Way] = {}


def writes(*kinds: str, asks: Ask | Callable[[Mail], Query] | None = None) -> Callable[[Write], Write]:
    """Mark how these kinds are written. `asks`: the question, or a function that asks more than one."""

    def mark(write: Write) -> Write:
        for kind in kinds:
            assert kind not in WAYS, kind
            WAYS[kind] = Way(_asking(asks), write)
        return write

    return mark


def _asking(asks: Any) -> Ask:
    async def nothing(_: Asker, __: Mail) -> None:
        return None

    async def one(asker: Asker, mail: Mail) -> Any:
        return await question(asker, asks(mail), mail.actor)

    if asks is None:
        return nothing
    return asks if asks.__code__.co_argcount == 2 else one


async def question(asker: Asker, query: Query, actor: str) -> Any:
    """The answer. Raises Moot when the matter is over, or not theirs; Unanswered when it is to be asked again."""
    try:
        return await asker.get(query, actor=actor)
    except Refused as refused:
        codes = {problem.code for problem in refused.problems}
        if codes & FOR_NOW:
            raise
        raise Moot(f"its service says: {', '.join(sorted(codes))}") from None


async def place_of(tx: Transaction, neighbourhood_id: str | None, known: Known) -> Neighbourhood | None:
    return await known.place(tx, neighbourhood_id) if neighbourhood_id else None


async def worker_of(tx: Transaction, worker_id: UUID, known: Known) -> KnownWorker | None:
    if worker_id not in known.workers:
        known.workers[worker_id] = await people.worker(tx, worker_id)
    return known.workers[worker_id]
