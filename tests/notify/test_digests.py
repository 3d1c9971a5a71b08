"""A worker's digest, and the queue with ten thousand mails: what is open is in it, and nothing poisons the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared import clock
from shared.contracts.exchange import OpenExchange, When
from shared.contracts.notify import DigestDue, SetWorkerPreferences, ShowWorkerPreferences
from shared.contracts.profiles import AssignWorker, RegisterNeighbourhood
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import PLACE
from tests.notify.neighbourhood import Street
from tests.notify.sending import prepared
from tests.notify.setting import Notified, Whole, by_phone
from tests.waiting import eventually

TEN_THOUSAND = 10_000


async def test_what_is_open_stands_in_one_mail_and_with_nothing_open_there_is_none(whole: Whole) -> None:
    street = await Street.begin(whole)
    martine = await street.someone("Martine")
    await _due(whole, street)
    assert await _digests(whole, street) == [("moot", "nothing is open")]

    roger = await street.someone("Roger", reach=by_phone())
    await whole.client.get(
        OpenExchange(opening="ask", participant_id=martine.id, kind="garden", words="Wie snoeit de haag?", half=True,
                     when=When()),
        actor=martine.actor,
    )  # fmt: skip
    for each in (martine, await street.someone("Fatma")):
        await street.acquainted(roger, each)
    asked = "SELECT FROM task WHERE participant_id = $1 AND kind = 'introduced' HAVING count(*) = 2"
    await eventually(lambda: whole.stack.fetch("notify", asked, roger.id))
    await _due(whole, street)
    mail = await whole.catcher.arrives(street.worker.email, within=30)
    assert "* Roger bellen: over 2 dingen" in mail.text, "a line for a person, whatever there is to tell"
    assert "Wie snoeit de haag?" in mail.text
    assert mail.message["List-Unsubscribe"] is None
    assert [stage for stage, _ in await _digests(whole, street)] == ["moot", "sent"]


async def test_a_neighbourhood_of_which_exchange_has_not_heard_yet_keeps_nothing_of_the_others(whole: Whole) -> None:
    street = await Street.begin(whole)
    new, ask = f"{street.place}-nieuw", whole.client.get
    organisation_id = f"buurtpunt-{street.place.removeprefix('wijk-')}"
    await ask(RegisterNeighbourhood(neighbourhood_id=new, names={"nl": "Nieuwe wijk"}, organisation_id=organisation_id))
    await ask(AssignWorker(worker_id=street.worker.id, neighbourhood_ids=[street.place, new]))
    answers = "SELECT FROM duty WHERE worker_id = $1 HAVING count(*) = 2"
    await eventually(lambda: whole.stack.fetch("notify", answers, street.worker.id), what="her second neighbourhood")
    forgets = "DELETE FROM neighbourhood WHERE neighbourhood_id = $1 RETURNING true"
    await eventually(lambda: whole.stack.fetch("exchange", forgets, new), what="exchange to know it, and forget it")
    jef = await street.someone("Jef")
    await ask(
        OpenExchange(opening="ask", participant_id=jef.id, words="Iemand om mee te dammen?", half=True, when=When()),
        actor=jef.actor,
    )
    await _due(whole, street)
    mail = await whole.catcher.arrives(street.worker.email, within=30)
    assert "Iemand om mee te dammen?" in mail.text


async def _due(whole: Whole, street: Street) -> None:
    """It is the hour of the worker."""
    before, key = len(await _digests(whole, street)), DigestDue.timer(street.worker.id)
    sql = "SELECT due_at FROM messaging.timer WHERE key = $1"
    (timer,) = await eventually(lambda: whole.stack.fetch("notify", sql, key), what="a timer")
    whole.move(timer["due_at"] - clock.now() + timedelta(minutes=1))

    async def ended() -> bool:
        found = await _digests(whole, street)
        return len(found) > before and all(stage != "waiting" for stage, _ in found)

    await eventually(ended, within=30, what="a digest that was written")


async def _digests(whole: Whole, street: Street) -> list[tuple[str, str | None]]:
    sql = "SELECT stage, reason FROM mail WHERE kind = 'digest' AND to_id = $1 ORDER BY made_at"
    return [tuple(row) for row in await whole.stack.fetch("notify", sql, street.worker.id)]


async def test_a_digest_is_due_at_the_workers_own_hour_and_moves_with_it(notified: Notified) -> None:
    worker = await notified.worker()
    before = await _timer(notified, worker)
    shown = await notified.get(ShowWorkerPreferences(worker_id=worker), actor=f"worker:{worker}")
    assert shown.digest == "daily"
    command = SetWorkerPreferences.model_validate({"worker_id": worker, "digest": "weekly", "digest_at": "11:15"})
    await notified.get(command, actor=f"worker:{worker}")
    after = await _timer(notified, worker)
    assert after != before
    assert f"{after:%M}" == "15"
    await notified.worker(worker, removed=True, name="", email="", language="", organisation_id="")
    assert await _timer(notified, worker) is None


async def test_the_same_day_gives_one_digest(notified: Notified) -> None:
    worker = await notified.worker()
    for _ in range(2):
        await notified.tell(DigestDue(worker_id=worker))
    assert len(await notified.rows("SELECT FROM mail WHERE to_id = $1 AND kind = 'digest'", worker)) == 1


async def _timer(notified: Notified, worker: object):  # type: ignore[no-untyped-def]
    rows = await notified.rows("SELECT due_at FROM messaging.timer WHERE key = $1", f"digest:{worker}")
    return rows[0]["due_at"] if rows else None


@pytest.mark.timeout(900)
async def test_of_ten_thousand_mails_one_poisoned_one_is_put_aside_and_the_rest_goes_out(
    module_stack: MakeStack,
) -> None:
    async with prepared(module_stack) as sending:
        sending.smtp.headers_alone = True
        people = await sending.people(TEN_THOUSAND)
        await sending.introduce(people[: TEN_THOUSAND - 1], people[-1][0])
        await sending.stack.fetch(
            "notify",
            """
            INSERT INTO mail (mail_id, kind, to_kind, to_id, participant_id, detail, stage, due_at, made_at,
                neighbourhood_id, thread)
            VALUES ($1, 'visit-overdue', 'worker', $2, $3, '{}', 'waiting', $4, $4, $5, $1)
            """,
            new_id(), sending.worker_id, people[0][0], clock.now() - timedelta(seconds=1), PLACE,
        )  # fmt: skip
        async with sending.running(smtp_timeout=30.0, mail_lease=120.0):

            async def gone() -> bool:
                return await sending.stages() == {"sent": TEN_THOUSAND - 1, "dead": 1}

            taken = sending.smtp.accepted
            await eventually(lambda: len(taken) >= TEN_THOUSAND - 1, within=800, what="all but one taken")
            await eventually(gone, what="all but one sent")
        assert len(sending.smtp.ids()) == TEN_THOUSAND - 1
        (row,) = await sending.stack.fetch("notify", "SELECT reason FROM mail WHERE stage = 'dead'")
        assert "can't be written" in row["reason"]
