"""What needs no telling any more: whoever is to be rung hears each thing once, as it stands; so does who gets mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.content.writing import Known
from services.notify.domain import mails as domain
from services.notify.repository import mails as repository
from services.notify.repository.tasks import to_tell
from services.notify.sending import preparing
from shared.contracts.exchange import (
    ExchangeAgreed,
    ExchangeExpired,
    ExchangeReleased,
    ExchangeWithdrawn,
    GatheringAnswered,
    GatheringBegan,
    GatheringCancelled,
    HowItWasSaid,
    NextStepReached,
)
from shared.contracts.notify import TaskUndone
from shared.contracts.profiles import CircleAgreed, CircleAsked
from shared.contracts.signals import ReferralConsentEnded, ReferralConsentGiven
from shared.ids import new_id
from tests.handling import PLACE, later
from tests.notify.setting import Notified, by_phone, quiet


async def _open(notified: Notified, who: UUID) -> list[str]:
    rows = await notified.rows("SELECT kind FROM task WHERE participant_id = $1 AND stage = 'open' ORDER BY kind", who)
    return [row[0] for row in rows]


async def _stages(notified: Notified, who: UUID) -> dict[str, str]:
    rows = await notified.rows("SELECT kind, stage FROM task WHERE participant_id = $1", who)
    return {row["kind"]: row["stage"] for row in rows}


def _step(who: UUID, step: Any, **more: Any) -> NextStepReached:
    return NextStepReached(neighbourhood_id=PLACE, participant_id=who, step=step, **more)


def _fact(kind: Any, exchange_id: UUID) -> Any:
    return kind(neighbourhood_id=PLACE, exchange_id=exchange_id, version=3, opening="ask")


@pytest.mark.parametrize(
    "steps",
    [
        ("received", "looking", "found", "agreed"),
        ("looking", "nobody-yet", "found"),
        ("found", "resting"),
        ("agreed", "moment-changed"),
        ("moment-changed", "moment-changed"),
        ("agreed", "how-was-it"),
        ("with-worker", "ended"),
        ("agreed", "cancelled"),
        ("agreed", "thanked"),
    ],
    ids="-".join,
)
async def test_of_one_matter_a_worker_tells_what_came_last(notified: Notified, steps: tuple[str, ...]) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    for step in steps:
        await notified.tell(_step(roger, step, exchange_id=exchange))
    assert await _open(notified, roger) == [steps[-1]]


async def test_what_was_heard_of_a_matter_in_another_order_comes_to_the_same(notified: Notified) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    first, second = new_id(), new_id()
    await notified.tell(_step(roger, "agreed", exchange_id=exchange), message_id=second)
    await notified.tell(_step(roger, "found", exchange_id=exchange), message_id=first)
    assert await _open(notified, roger) == ["agreed"]


async def test_a_word_of_thanks_and_a_question_how_it_was_stand_beside_each_other(notified: Notified) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    for step in ("agreed", "how-was-it", "thanked"):
        await notified.tell(_step(roger, step, exchange_id=exchange))
    assert await _open(notified, roger) == ["how-was-it", "thanked"]


async def test_that_an_evening_does_not_go_on_is_told_whatever_comes_after_it(notified: Notified) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    for step in ("agreed", "cancelled", "found"):
        await notified.tell(_step(roger, step, exchange_id=exchange))
    assert await _open(notified, roger) == ["cancelled", "found"]


async def test_another_matter_and_another_person_are_told_of_theirs(notified: Notified) -> None:
    roger, els = await notified.someone(reach=by_phone()), await notified.someone(reach=by_phone())
    one, other = new_id(), new_id()
    for who, exchange, step in ((roger, one, "looking"), (roger, other, "looking"), (els, one, "agreed")):
        await notified.tell(_step(who, step, exchange_id=exchange))
    assert await _open(notified, roger) == ["looking", "looking"]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [(ExchangeAgreed, {"found", "looking"}), (ExchangeReleased, {"found", "looking", "how-was-it"}),
     (ExchangeWithdrawn, {"found", "looking", "how-was-it"}), (ExchangeExpired, {"found", "looking", "how-was-it"})],
)  # fmt: skip
async def test_what_came_of_a_matter_ends_what_was_to_be_told_of_it(
    notified: Notified, kind: Any, gone: set[str]
) -> None:
    roger, told = await notified.someone(reach=by_phone()), {}
    for step in ("looking", "found", "cancelled", "how-was-it"):
        told[step] = new_id()
        await notified.tell(_step(roger, step, exchange_id=told[step]))
    for exchange in told.values():
        await notified.tell(_fact(kind, exchange))
    assert {step for step, stage in (await _stages(notified, roger)).items() if stage == "moot"} == gone


async def test_what_came_before_it_ends_nothing_that_was_told_since(notified: Notified) -> None:
    roger, exchange, earlier = await notified.someone(reach=by_phone()), new_id(), new_id()
    await notified.tell(_step(roger, "found", exchange_id=exchange))
    await notified.tell(_fact(ExchangeReleased, exchange), message_id=earlier)
    assert await _open(notified, roger) == ["found"]


async def test_of_what_is_moot_nobody_is_told_that_it_was_not_done(notified: Notified) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    await notified.tell(_step(roger, "found", exchange_id=exchange))
    await notified.tell(_fact(ExchangeWithdrawn, exchange))
    key = await notified.rows(
        "SELECT FROM messaging.timer AS t JOIN task ON t.key = 'task:' || task_id WHERE participant_id = $1", roger
    )
    assert key == []
    assert await notified.told(TaskUndone, participant_id=roger) == []


async def test_a_gathering_that_moved_is_asked_about_as_it_is_now_and_once(notified: Notified) -> None:
    roger, gathering = await notified.someone(reach=by_phone()), new_id()
    for step in ("gathering-invited", "gathering-changed"):
        await notified.tell(_step(roger, step, gathering_id=gathering))
    assert await _open(notified, roger) == ["gathering-invited"]


async def test_who_said_whether_they_come_is_not_asked_and_hears_of_a_change(notified: Notified) -> None:
    roger, gathering = await notified.someone(reach=by_phone()), new_id()
    await notified.tell(_step(roger, "gathering-invited", gathering_id=gathering))
    await notified.tell(GatheringAnswered(neighbourhood_id=PLACE, participant_id=roger, gathering_id=gathering))
    assert await _stages(notified, roger) == {"gathering-invited": "done"}
    for step in ("gathering-changed", "gathering-cancelled"):
        await notified.tell(_step(roger, step, gathering_id=gathering))
    assert await _open(notified, roger) == ["gathering-cancelled"]


async def test_who_never_heard_of_a_gathering_is_not_rung_that_it_is_cancelled(notified: Notified) -> None:
    roger, els, gathering = await notified.someone(reach=by_phone()), await notified.someone(reach=by_phone()), new_id()
    await notified.tell(_step(roger, "gathering-invited", gathering_id=gathering))
    cancelled = GatheringCancelled(neighbourhood_id=PLACE, gathering_id=gathering, version=2, starts_at=later(9))
    await notified.tell(cancelled)
    for who in (roger, els):
        await notified.tell(_step(who, "gathering-cancelled", gathering_id=gathering))
    assert await _open(notified, roger) == []
    assert await _open(notified, els) == ["gathering-cancelled"], "who comes without having been asked hears it"


async def test_a_gathering_that_has_begun_is_rung_about_by_nobody_though_it_is_never_said_who_was_there(
    notified: Notified,
) -> None:
    roger, els = await notified.someone(reach=by_phone()), await notified.someone(reach=by_phone())
    gathering, next_one = new_id(), new_id()
    for who, each, step in (
        (roger, gathering, "gathering-invited"), (roger, next_one, "gathering-invited"),
        (els, gathering, "gathering-changed"), (els, gathering, "gathering-cancelled"),
    ):  # fmt: skip
        await notified.tell(_step(who, step, gathering_id=each))
    began = GatheringBegan(neighbourhood_id=PLACE, gathering_id=gathering, version=1, starts_at=later(0))
    await notified.tell(began)
    assert await _open(notified, roger) == ["gathering-invited"], "the next one"
    assert await _open(notified, els) == ["gathering-cancelled"], "who stood before a closed door is owed a word"
    assert len(await notified.rows("SELECT FROM task WHERE gathering_id = $1 AND stage = 'moot'", gathering)) == 2


async def test_who_said_how_it_was_is_not_asked_any_more(notified: Notified) -> None:
    roger, exchange = await notified.someone(reach=by_phone()), new_id()
    await notified.tell(_step(roger, "how-was-it", exchange_id=exchange))
    await notified.tell(HowItWasSaid(neighbourhood_id=PLACE, participant_id=roger, exchange_id=exchange))
    assert await _stages(notified, roger) == {"how-was-it": "done"}


async def test_a_yes_into_a_circle_ends_the_question(notified: Notified) -> None:
    roger, maria = await notified.someone(reach=by_phone()), await notified.someone(name="Maria")
    await notified.tell(CircleAsked(neighbourhood_id=PLACE, participant_id=maria, other_id=roger))
    await notified.tell(CircleAgreed(neighbourhood_id=PLACE, participant_id=maria, other_id=roger))
    assert await _open(notified, roger) == []


async def test_what_was_agreed_to_for_a_referral_needs_no_telling_once_it_is_over(notified: Notified) -> None:
    roger, referral = await notified.someone(reach=by_phone()), new_id()
    values = {
        "neighbourhood_id": PLACE, "referral_id": referral, "participant_id": roger, "version": 2, "worker_id": None,
        "state": "requested",
    }  # fmt: skip
    await notified.tell(ReferralConsentGiven.model_validate(values))
    assert await _open(notified, roger) == ["referral-consent"]
    await notified.tell(ReferralConsentEnded.model_validate({**values, "ending": "withdrawn"}))
    assert await _open(notified, roger) == []


async def test_who_left_is_rung_about_nothing_any_more(notified: Notified) -> None:
    roger = await notified.someone(reach=by_phone())
    await notified.tell(_step(roger, "found", exchange_id=new_id()))
    await notified.someone(roger, name=None, reach=None, status="left")
    assert await _stages(notified, roger) == {"found": "moot"}


# --- mails that wait


async def _go_out(notified: Notified, *whose: UUID) -> list[str]:
    """The kinds of their mails that a replica would send now."""
    async with notified.transaction() as tx:
        mails = await repository.claim(tx, 500, tx.now + timedelta(minutes=5), [])
        found = [each for each in await preparing.looked_at(tx, mails, Known()) if each.about in whose]
    return sorted(each.kind for each in found)


async def test_what_waited_for_a_pause_goes_out_once_as_it_stands(notified: Notified) -> None:
    jos, exchange = await notified.someone(quiet_hours=quiet("03:00", "03:01")), new_id()
    await notified.someone(jos, status="paused", paused_until=None)
    for step in ("looking", "nobody-yet", "found"):
        await notified.tell(_step(jos, step, exchange_id=exchange))
    assert await _go_out(notified, jos) == []
    await notified.someone(jos, quiet_hours=quiet("03:00", "03:01"))
    assert await _go_out(notified, jos) == ["found"]
    rows = await notified.rows("SELECT kind FROM mail WHERE to_id = $1 AND stage = 'moot' ORDER BY kind", jos)
    assert [row["kind"] for row in rows] == ["looking", "nobody-yet"]


async def test_who_said_yes_before_their_mail_went_out_hears_that_it_moved_or_is_cancelled(notified: Notified) -> None:
    """They saw it on their own page."""
    jos, gathering = await notified.someone(quiet_hours=quiet("00:00", "23:59")), new_id()
    for step in ("gathering-invited", "answered", "gathering-changed"):
        await notified.tell(
            GatheringAnswered(neighbourhood_id=PLACE, participant_id=jos, gathering_id=gathering)
            if step == "answered"
            else _step(jos, step, gathering_id=gathering)
        )
    assert await _mails(notified, jos) == {"gathering-invited": "moot", "gathering-changed": "waiting"}
    await notified.tell(_step(jos, "gathering-cancelled", gathering_id=gathering))
    assert (await _mails(notified, jos))["gathering-cancelled"] == "waiting"


async def _mails(notified: Notified, whose: UUID) -> dict[str, str]:
    rows = await notified.rows("SELECT kind, stage FROM mail WHERE to_id = $1", whose)
    return {row["kind"]: row["stage"] for row in rows}


async def test_who_gets_mail_for_several_gets_that_of_each(notified: Notified) -> None:
    ann, gathering = await notified.someone(name="Ann", quiet_hours=quiet("03:00", "03:01")), new_id()
    others = [await notified.someone(reach=by_phone(), mandate_holder_ids=[ann]) for _ in range(2)]
    for who in (ann, *others):
        await notified.tell(_step(who, "gathering-changed", gathering_id=gathering))
    assert await _go_out(notified, ann, *others) == ["gathering-changed"] * 3


async def test_whom_to_ring_a_worker_reads_once_with_all_there_is_to_tell(notified: Notified) -> None:
    worker, roger = await notified.worker(), await notified.someone(reach=by_phone())
    els = await notified.someone(reach=by_phone())
    await notified.on_duty(worker)
    for who, many in ((roger, 3), (els, 1)):
        for _ in range(many):
            await notified.tell(_step(who, "found", exchange_id=new_id()))
    async with notified.transaction() as tx:
        found = {each.participant_id: each for each in await to_tell(tx, worker, 100)}
    assert (found[roger].number, found[els].number, found[roger].way) == (3, 1, "phone")


async def test_who_answers_there_no_more_reads_of_nobody_whose_sheet_is_shut_to_them(notified: Notified) -> None:
    elsewhere = await notified.organisation("steunpunt")
    worker, colleague = await notified.worker(), await notified.worker()
    await notified.on_duty(worker)
    roger = await notified.someone(reach=by_phone())
    await notified.tell(_step(roger, "found", exchange_id=new_id()))
    await notified.worker(worker, organisation_id=elsewhere, neighbourhood_ids=[])
    await notified.on_duty(colleague)
    async with notified.transaction() as tx:
        assert await to_tell(tx, worker, 100) == []
        assert roger in {each.participant_id for each in await to_tell(tx, colleague, 100)}


def test_nothing_replaces_what_is_no_step_of_the_same_matter() -> None:
    exchange, rest = {"looking", "found", "agreed"}, {"gathering-invited", "circle-asked", "referral-consent"}
    assert not any(domain.replaces(one, other) for one in exchange for other in rest)
    assert not any(domain.replaces(each, "thanked") for each in domain.REPLACEABLE)
    assert not any(domain.replaces(each, "introduced") for each in domain.REPLACEABLE)
