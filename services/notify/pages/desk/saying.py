"""What somebody without e-mail is to hear: the mail that they would have had, in words to say or on paper."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.notify.content import to_others, to_participants
from services.notify.content.writing import WAYS, Known, Moot, Writing, place_of
from services.notify.domain.links import Purpose
from services.notify.domain.mails import Mail, Matter
from services.notify.domain.tasks import Task
from services.notify.pages import trouble
from services.notify.pages.page import Page
from services.notify.pages.trouble import Mistakes
from services.notify.repository import people
from services.notify.repository import tasks as repository
from services.notify.writing import data
from shared.contracts.notify import DoTask
from shared.contracts.notify import Task as TaskContract
from shared.messaging import Transaction
from shared.messaging.client import Refused, Unanswered

CONTENT = (to_others, to_participants)
"""Imported for the ways that they name."""


@dataclass
class Paper(Writing):
    """A mail that becomes words or paper: nobody can press a link there, so none is made."""

    async def link(self, purpose: Purpose, matter: UUID | None = None, detail: str = "") -> str:
        return ""


@dataclass(frozen=True)
class Told:
    """What is to be told, and to whom."""

    mail: data.Mail
    reader: data.Reader


async def task_of(page: Page) -> Task:
    """The task that the page is about. Raises Stop when there is none that this worker may know of: what it says is
    asked in the person's name."""
    id_, worker_id = page.matter_id, page.holder.holder_id

    async def look(tx: Transaction) -> Task | None:
        task = await repository.read(tx, id_)
        foreign = task and not await people.answers_for(tx, worker_id, task.neighbourhood_id)
        return None if foreign else task

    found = await page.context.look(look)
    if found is None:
        raise trouble.not_found()
    return found


async def was_told(page: Page, *task_ids: UUID) -> str:
    """These were told. What became moot meanwhile, perhaps by the very answer that was noted, is done as well.

    Returns which sentence says so.
    """
    said = "nothing-left"
    for each in task_ids:
        try:
            await page.do(DoTask(task_id=each))
            said = "do-task"
        except Mistakes as wrong:
            if any(mistake.code != "ended" for mistake in wrong.mistakes):
                raise
    return said


async def told(page: Page, task: Task | TaskContract) -> Told | None:
    """What it says now; None when there is nothing left to tell. Raises Stop when its service is away."""
    mail = _mail(task)
    try:
        answer = await WAYS[mail.kind].ask(page.context.asks, mail)  # type: ignore[arg-type]
        return await page.context.run(lambda tx: _written(tx, page, mail, answer))
    except Moot:
        return None
    except (Unanswered, Refused):
        raise trouble.away() from None


async def _written(tx: Transaction, page: Page, mail: Mail, answer: object) -> Told:
    assert mail.about is not None
    known = Known()
    place = await place_of(tx, mail.neighbourhood_id, known)
    policy = page.context.settings.policy.named(place.policy) if place else page.policy
    writing = Paper(tx, mail, policy, place, person=await people.person(tx, mail.about), known=known)
    return Told(await WAYS[mail.kind].write(writing, answer), await writing.reader())


def _mail(task: Task | TaskContract) -> Mail:
    matter = Matter(
        exchange_id=task.exchange_id, invitation_id=task.invitation_id, gathering_id=task.gathering_id,
        referral_id=task.referral_id, other_id=task.other_id,
    )  # fmt: skip
    return Mail(
        mail_id=task.task_id, kind=task.kind, to_kind="participant", to_id=task.participant_id, due_at=task.given_at,
        made_at=task.given_at, matter=matter, neighbourhood_id=task.neighbourhood_id,
        detail=getattr(task, "detail", {}),
    )  # fmt: skip
