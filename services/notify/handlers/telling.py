"""Telling: a participant by mail or by their worker, a worker at once or in the digest, the contact of a service.

What is written down is who, what about and when, by ids. What it says is asked when it is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from services.notify.domain import mails as domain
from services.notify.domain import tasks, timing
from services.notify.domain.mails import NOTHING, Mail, Matter
from services.notify.domain.people import Neighbourhood, Person, Standing, Worker
from services.notify.domain.tasks import Task
from services.notify.domain.timing import Verdict
from services.notify.repository import digests, people, preferences
from services.notify.repository import mails as repository
from services.notify.repository import tasks as kept_tasks
from services.notify.repository.digests import Item
from shared.contracts.notify import MailTo, TaskDone, TaskDue, TaskGiven
from shared.ids import id_from
from shared.messaging import NotYetKnown, Transaction
from shared.policy import Policy
from shared.telemetry import logger

log = logger(__name__)
Detail = Mapping[str, Any]


@dataclass
class Seen:
    """What was looked up already, for several mails at once."""

    standings: dict[UUID, Standing | None] = field(default_factory=dict)
    places: dict[str, Neighbourhood | None] = field(default_factory=dict)

    async def look_at(self, tx: Transaction, participant_ids: Iterable[UUID]) -> None:
        """Look these people up together."""
        ids = set(participant_ids)
        self.standings |= dict.fromkeys(ids) | await people.standings(tx, ids)

    async def standing(self, tx: Transaction, participant_id: UUID) -> Standing | None:
        if participant_id not in self.standings:
            await self.look_at(tx, [participant_id])
        return self.standings[participant_id]

    async def place(self, tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
        if neighbourhood_id not in self.places:
            self.places[neighbourhood_id] = await people.neighbourhood(tx, neighbourhood_id)
        return self.places[neighbourhood_id]


# --- participants


async def tell_participant(
    tx: Transaction, kind: str, participant_id: UUID, matter: Matter, detail: Detail | None = None
) -> None:
    """Let someone know, by mail or by their worker. Who left is told nothing."""
    person = await people.person(tx, participant_id)
    if person is None:
        raise NotYetKnown("a participant who is to be told something")
    if person.status == "left" or await _never_heard_of_it(tx, kind, person, matter):
        return
    mail = _new(tx, kind, "participant", person.participant_id, matter, person.neighbourhood_id, detail)
    verdict, mail = await decide(tx, mail, person)
    if not await _is_news(tx, mail):
        verdict = Verdict("moot", reason="something later says it all")
    if verdict.what == "by-worker" and kind in domain.IN_WRITING and tasks.way_to(person) != "letter":
        verdict = Verdict("moot", reason="their worker said it when they met")
    if verdict.what == "by-worker":
        await give_task(tx, mail, person)
    elif verdict.what == "moot":
        await repository.add(tx, replace(mail, stage="moot", reason=verdict.reason, ended_at=tx.now))
    else:
        await repository.add(tx, replace(mail, due_at=verdict.at or tx.now))


async def decide(
    tx: Transaction, mail: Mail, person: Person, seen: Seen | None = None
) -> tuple[Verdict, Mail]:  # fmt: skip
    """What becomes now of a mail about this person; and the mail, to whoever gets it."""
    seen = seen or Seen()
    place = await place_of(tx, person.neighbourhood_id, seen)
    standing = await seen.standing(tx, person.participant_id)
    reader = await reader_for(tx, person, seen, alone=mail.kind in domain.TO_THEM_ALONE)
    verdict = timing.for_participant(
        mail.kind, person, reader, policy_of(tx, place), place.zone, without=standing.without if standing else (),
        now=tx.now,
    )  # fmt: skip
    if mail.acts_for is None and reader is not None and reader.participant_id == mail.to_id == person.participant_id:
        return verdict, mail
    if reader is None or reader.participant_id == person.participant_id:
        return verdict, replace(mail, to_id=person.participant_id, acts_for=None)
    return verdict, replace(mail, to_id=reader.participant_id, acts_for=person.participant_id)


async def reader_for(tx: Transaction, person: Person, seen: Seen, *, alone: bool = False) -> Person | None:
    """Who gets someone's mail: they, else one who holds their mandate and has an address. None: a worker tells them.

    `alone`: what nobody else is told in their place."""
    for id_ in (person.participant_id, *(() if alone else person.mandate_holder_ids)):
        found = await seen.standing(tx, id_)
        if found is not None and timing.gets_mail(found.person, failing=found.failing):
            return found.person
    return None


async def give_task(tx: Transaction, mail: Mail, person: Person) -> None:
    """In place of a mail, a worker rings or brings a letter. What can't wait until the digest, they hear at once."""
    place = await place_of(tx, person.neighbourhood_id)
    task = tasks.given(mail, person, place, policy_of(tx, place), tx.now)
    await repository.add(tx, replace(mail, stage="by-worker", ended_at=tx.now))
    await kept_tasks.add(tx, task)
    await tx.emit(tasks.fact(TaskGiven, task))
    due = TaskDue(neighbourhood_id=place.neighbourhood_id, task_id=task.task_id)
    await tx.at(task.do_by, due, TaskDue.timer(task.task_id))
    if mail.kind in domain.PRESSING:
        matter = replace(mail.matter, participant_id=person.participant_id)
        await tell_worker(tx, "ring", task.worker_id, matter, place.neighbourhood_id, {"task_id": str(task.task_id)})


async def answered(
    tx: Transaction, kinds: Collection[str], *, person_id: UUID, **matter: UUID | None
) -> None:  # fmt: skip
    """What they were to be asked is answered: no mail asks it any more, and a worker's task is done."""
    await repository.answered(tx, sorted(kinds), person_id=person_id, **matter)
    for task in await kept_tasks.open_on(tx, sorted(kinds), tx.message_id, person_id=person_id, **matter):
        await _end_task(tx, task, "done")
        await tx.emit(tasks.fact(TaskDone, task))


async def is_over(
    tx: Transaction, kinds: Collection[str], matter: Matter, *, person_id: UUID | None = None
) -> None:  # fmt: skip
    """There is nothing left to tell of these, to anybody or to this one: nobody has to be rung about it any more."""
    for task in await kept_tasks.open_on(
        tx, sorted(kinds), tx.message_id, person_id=person_id, thread=matter.thread
    ):  # fmt: skip
        await _end_task(tx, task, "moot")


async def nothing_left(tx: Transaction, participant_id: UUID) -> None:
    """There is nothing left to tell them: they left."""
    for task in await kept_tasks.open_of(tx, participant_id):
        await _end_task(tx, task, "moot")


async def _end_task(tx: Transaction, task: Task, stage: Literal["done", "moot"]) -> None:
    await kept_tasks.keep(tx, replace(task, stage=stage, done_at=tx.now))
    await tx.cancel(TaskDue.timer(task.task_id))


async def _is_news(tx: Transaction, mail: Mail) -> bool:
    """Whether it says more than what they will hear anyway. What it leaves nothing of, no worker has to tell any more.

    Events come in any order: what was told of something later holds.
    """
    if mail.message_id is None or mail.about is None:
        return True
    if (later := domain.replacing(mail.kind)) and await repository.told_since(tx, mail, later):
        return False
    if earlier := domain.replaced_by(mail.kind):
        await is_over(tx, earlier, mail.matter, person_id=mail.about)
    if (asked := domain.SAYS_IT_TOO.get(mail.kind)) is None:
        return True
    if await repository.waits_still(tx, mail, asked):
        return False
    return not await kept_tasks.open_on(tx, [asked], tx.message_id, person_id=mail.about, thread=mail.thread)


async def _never_heard_of_it(tx: Transaction, kind: str, person: Person, matter: Matter) -> bool:
    """Whether it takes back what they were never told: then there is nothing to say, and nothing to ask any more."""
    if kind not in domain.TAKES_BACK:
        return False
    await is_over(tx, domain.QUESTIONS, matter, person_id=person.participant_id)
    if await repository.was_told(tx, person.participant_id, matter.thread):
        return False
    asked = await repository.was_to_hear(tx, person.participant_id, matter.thread, sorted(domain.QUESTIONS))
    return kind in domain.AFTER_A_QUESTION or asked


# --- workers


async def tell_worker(
    tx: Transaction, kind: str, worker_id: UUID | None, matter: Matter, neighbourhood_id: str | None,
    detail: Detail | None = None, more: str = "",
) -> UUID | None:  # fmt: skip
    """Let a worker know at once; who stands in for them when they stopped. Returns the mail's id."""
    worker = await standing_in(tx, worker_id, neighbourhood_id)
    if worker is None:
        log.warning("nobody is there to tell", kind=kind, neighbourhood=neighbourhood_id)
        return None
    mail = _new(tx, kind, "worker", worker.worker_id, matter, neighbourhood_id, detail, more)
    await repository.add(tx, mail)
    return mail.mail_id


async def to_digest(
    tx: Transaction, what: str, worker_id: UUID | None, neighbourhood_id: str | None, *,
    participant_id: UUID | None = None, matter_id: UUID | None = None, climbed: bool = False,
) -> None:  # fmt: skip
    """A line in a worker's next digest."""
    worker = await standing_in(tx, worker_id, neighbourhood_id)
    if worker is not None:
        item_id = id_from("item", what, str(worker.worker_id), str(participant_id), str(matter_id), str(tx.message_id))
        await digests.add(
            tx,
            Item(item_id, worker.worker_id, what, neighbourhood_id, participant_id, matter_id, climbed, tx.now),
        )  # fmt: skip


async def doubles_to_digest(tx: Transaction, neighbourhood_id: str) -> None:
    """That people may be here twice: one line a day, however many an import brought. How many, profiles says."""
    worker = await standing_in(tx, None, neighbourhood_id)
    if worker is not None:
        item_id = id_from("item", "double", str(worker.worker_id), neighbourhood_id, f"{tx.now:%Y-%m-%d}")
        await digests.add(tx, Item(item_id, worker.worker_id, "double", neighbourhood_id, None, None, False, tx.now))


async def standing_in(tx: Transaction, worker_id: UUID | None, neighbourhood_id: str | None) -> Worker | None:
    """This worker, else their backup, else whoever answers for the neighbourhood, else its coordinator."""
    place = await people.neighbourhood(tx, neighbourhood_id) if neighbourhood_id else None
    named = await people.worker(tx, worker_id) if worker_id else None
    if worker_id is not None and named is None:
        raise NotYetKnown("a worker who is to be told something")
    ids = [worker_id, named.backup_id if named else None]
    ids += [place.worker_id, place.coordinator_id] if place else []
    for each in filter(None, ids):
        found = await people.worker(tx, each)
        if found is not None and not found.ended:
            return found
    return None


# --- others


async def tell_contact(tx: Transaction, kind: str, referral_id: UUID, neighbourhood_id: str) -> None:
    """Write to the contact of a service that is no partner, about one referral and without naming anybody."""
    matter = Matter(referral_id=referral_id)
    await repository.add(tx, _new(tx, kind, "contact", referral_id, matter, neighbourhood_id, None))


async def new_link(tx: Transaction, person: Person) -> None:
    """They asked for a link to their own page."""
    await repository.add(tx, _new(tx, "new-link", "participant", person.participant_id, NOTHING,
                                  person.neighbourhood_id, None))  # fmt: skip


async def desk_link(tx: Transaction, worker: Worker) -> None:
    """They asked for a link to their desk."""
    await repository.add(tx, _new(tx, "desk-link", "worker", worker.worker_id, NOTHING, None, None))


async def address_fails(tx: Transaction, mail: Mail) -> None:
    """The address takes no mail: their worker hears it, and tells them what this mail would have said."""
    if mail.to_kind == "participant" and mail.to_id is not None:
        person = await people.person(tx, mail.to_id)
        if person is not None and await preferences.mark_failing(tx, person.participant_id):
            place = person.neighbourhood_id
            await to_digest(tx, "address-fails", None, place, participant_id=person.participant_id)
    elif mail.to_kind == "contact" and mail.kind in domain.ASK_A_SERVICE:
        matter = Matter(referral_id=mail.matter.referral_id)
        await tell_worker(tx, "ring-service", None, matter, mail.neighbourhood_id, {"why": "address-fails"})


async def tell_otherwise(tx: Transaction, mail: Mail) -> None:
    """What an address didn't take is told by who holds the mandate, or by the worker."""
    person = await people.person(tx, mail.about) if mail.to_kind == "participant" and mail.about else None
    if person is not None and person.status != "left":
        matter = replace(mail.matter, participant_id=None)
        again = replace(mail, mail_id=id_from("otherwise", str(mail.mail_id)), matter=matter, attempts=0)
        verdict, again = await decide(tx, again, person)
        if verdict.what == "by-worker":
            await give_task(tx, again, person)
        elif verdict.what in ("send", "later"):
            await repository.add(tx, replace(again, stage="waiting", due_at=verdict.at or tx.now))


# --- shared


def _new(
    tx: Transaction, kind: str, to_kind: MailTo, to_id: UUID | None, matter: Matter, neighbourhood_id: str | None,
    detail: Detail | None, more: str = "",
) -> Mail:  # fmt: skip
    return Mail(
        mail_id=domain.mail_id(kind, matter, to_id, tx.message_id, more), kind=kind, to_kind=to_kind, to_id=to_id,
        due_at=tx.now, made_at=tx.now, matter=matter, neighbourhood_id=neighbourhood_id, thread=matter.thread,
        message_id=tx.message_id, detail=dict(detail or {}),
    )  # fmt: skip


async def place_of(tx: Transaction, neighbourhood_id: str, seen: Seen | None = None) -> Neighbourhood:
    """A neighbourhood; what builds on one that is not known yet comes again."""
    place = await (seen or Seen()).place(tx, neighbourhood_id)
    if place is None:
        raise NotYetKnown("a neighbourhood")
    return place


def policy_of(tx: Transaction, place: Neighbourhood | None) -> Policy:
    """The policy of a neighbourhood."""
    whole: Policy = tx.settings.policy
    return whole.named(place.policy) if place else whole
