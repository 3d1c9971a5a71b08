"""When a worker's digest is due, and the figures for the municipality."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from services.notify.domain import timing
from services.notify.domain.figures import next_month, told_at
from services.notify.domain.mails import NOTHING, Mail
from services.notify.domain.people import Neighbourhood, Worker
from services.notify.handlers.telling import policy_of
from services.notify.repository import digests, mails, people, preferences
from shared.contracts.notify import DigestDue, DigestRhythm, FiguresDue
from shared.ids import id_from
from shared.messaging import Transaction, handles

BRUSSELS = ZoneInfo("Europe/Brussels")
"""The clock of who works in no neighbourhood."""


@handles(DigestDue)
async def on_digest_due(event: DigestDue, tx: Transaction) -> None:
    """It is their hour: what is open is asked when it is written, and nothing is sent when nothing is."""
    worker = await people.worker(tx, event.worker_id)
    if worker is None or worker.ended:
        return
    _, _, place = await hour_of(tx, worker)
    day = tx.now.astimezone(place.zone if place else BRUSSELS).date()
    mail = Mail(
        mail_id=id_from("digest", str(worker.worker_id), day.isoformat()), kind="digest", to_kind="worker",
        to_id=worker.worker_id, due_at=tx.now, made_at=tx.now, thread=id_from("digest", str(worker.worker_id)),
        neighbourhood_id=place.neighbourhood_id if place else None,
    )  # fmt: skip
    await mails.add(tx, mail)
    await follow(tx, worker)


@handles(FiguresDue)
async def on_figures_due(event: FiguresDue, tx: Transaction) -> None:
    """Every service has made its figures of a month: they go to the municipality, once."""
    if tx.settings.figures_to is not None:
        await mails.add(
            tx,
            Mail(
                mail_id=id_from("figures", event.month), kind="figures", to_kind="municipality", to_id=None,
                due_at=tx.now, made_at=tx.now, thread=NOTHING.thread, detail={"month": event.month},
            ),
        )  # fmt: skip
    await follow_figures(tx, next_month(event.month))


async def follow(tx: Transaction, worker: Worker) -> None:
    """The next digest of a worker; of who stopped, none."""
    if worker.ended:
        await tx.cancel(DigestDue.timer(worker.worker_id))
        return
    rhythm, at, place = await hour_of(tx, worker)
    due_at = timing.next_digest(tx.now, rhythm, at, policy_of(tx, place), place.zone if place else BRUSSELS)
    await tx.at(due_at, DigestDue(worker_id=worker.worker_id), DigestDue.timer(worker.worker_id))


async def follow_figures(tx: Transaction, month: str) -> None:
    """The figures of this month are told when every service has had its time to make them."""
    at = told_at(month, tx.settings.policy, BRUSSELS)
    await tx.at(at, FiguresDue(month=month), "figures")


async def hour_of(tx: Transaction, worker: Worker) -> tuple[DigestRhythm, time, Neighbourhood | None]:
    """When a worker gets the digest, and the neighbourhood on whose clock."""
    home = await digests.home_of(tx, worker.worker_id)
    place = await people.neighbourhood(tx, home) if home else None
    policy = policy_of(tx, place)
    rhythm, at = await preferences.digest_hour(tx, worker.worker_id)
    return rhythm or policy.notify.digest, at or policy.notify.digest_at, place
