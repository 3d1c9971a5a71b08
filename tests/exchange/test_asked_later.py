"""What was to be asked later goes out as things are then: other quiet hours, fewer wanted, a timer that is late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from services.exchange.app import service
from shared.contracts.exchange import (
    InviteToGathering,
    NextStepReached,
    OpenExchange,
    PlanGathering,
    ReviewInvitation,
    When,
)
from tests.conftest import MakeStack
from tests.exchange.neighbours import BEGINS, HERE, Neighbours, neighbours


@pytest.fixture
async def street(stack: MakeStack) -> AsyncIterator[Neighbours]:
    async with neighbours(await stack([service])) as made:
        await made.begin()
        yield made


async def test_who_came_to_want_fewer_is_not_asked_beyond_it(street: Neighbours) -> None:
    """Held for the worker, and meanwhile they said that they want none."""
    invitation_id = await _held(street, "Cem")
    await street.stands(street.called("Cem"), ceiling=0)
    review = ReviewInvitation(invitation_id=invitation_id, send=True)
    assert await street.refused(review, actor=_worker(street)) == ("not_to_be_asked", "participant_id")
    assert not await _invited(street, "Cem")


async def test_what_was_held_counts_once(street: Neighbours) -> None:
    """Who wants one is asked what was held for them: it is that one."""
    await street.get(ReviewInvitation(invitation_id=await _held(street, "Cem"), send=True), actor=_worker(street))
    assert await _invited(street, "Cem") == ["invited"]


async def test_nobody_is_asked_for_a_moment_that_has_passed(street: Neighbours) -> None:
    """Also where the timer that ends it is late: neither who was held for the worker, nor who was asleep."""
    ann = street.called("Ann")
    invitation_id = await _held(street, "Cem", when=When(at=BEGINS + timedelta(hours=5)))
    street.time.time = BEGINS + timedelta(hours=7)
    review = ReviewInvitation(invitation_id=invitation_id, send=True)
    assert await street.refused(review, actor=_worker(street)) == ("in_the_past", "exchange_id")
    mark = await street.mark()
    await street.fire()
    assert not [each for each in await street.told(NextStepReached, mark) if each.step == "invited"]
    assert [each.step for each in await street.told(NextStepReached, mark, participant_id=ann)] == ["ended"]


async def test_a_gathering_waits_for_quiet_hours_as_they_are_then(street: Neighbours) -> None:
    await _plan(street)
    await street.stands(street.called("Dia"), quiet_hours={"start": "09:30", "end": "18:00"})
    await _at(street, 16)
    assert not await _invited(street, "Dia")
    await _at(street, 18)
    assert await _invited(street, "Dia") == ["gathering-invited"]


async def test_a_gathering_is_not_told_in_quiet_hours_when_its_timer_comes_late(street: Neighbours) -> None:
    """It was night before the service came back."""
    await _plan(street)
    await street.stands(street.called("Dia"), quiet_hours={"start": "22:00", "end": "08:00"})
    await _at(street, 23)
    assert not await _invited(street, "Dia")
    await _at(street, 24 + 8)
    assert await _invited(street, "Dia") == ["gathering-invited"]


async def test_a_gathering_asks_nobody_who_came_to_want_fewer(street: Neighbours) -> None:
    await _plan(street)
    await street.stands(street.called("Dia"), ceiling=0)
    await _at(street, 17)
    assert not await _invited(street, "Dia")


async def test_who_hosts_a_gathering_is_not_invited_to_it(street: Neighbours) -> None:
    ann, begins = street.called("Ann"), BEGINS + timedelta(days=2)
    ref = await street.get(
        PlanGathering(
            neighbourhood_id=HERE, host_id=ann, title="Koffie", place="Buurthuis", starts_at=begins,
            ends_at=begins + timedelta(hours=2),
        ),
        actor=f"participant:{ann}",
    )  # fmt: skip
    invite = InviteToGathering(gathering_id=ref.gathering_id, participant_id=ann)
    assert await street.refused(invite, actor=_worker(street)) == ("not_to_be_asked", "participant_id")
    assert not await _invited(street, "Ann")


async def _held(street: Neighbours, name: str, when: When = When()) -> UUID:  # noqa: B008 - it never changes
    """Ann asks for company in her garden; for someone whom she hasn't met, the worker looks first."""
    ann = street.called("Ann")
    await street.get(
        OpenExchange(opening="ask", participant_id=ann, kind="garden", people=2, when=when), actor=f"participant:{ann}"
    )
    rows = await street.rows(
        "SELECT invitation_id, stage FROM invitation WHERE participant_id = $1", street.called(name)
    )
    assert [row["stage"] for row in rows] == ["held"]
    found: UUID = rows[0]["invitation_id"]
    return found


async def _plan(street: Neighbours) -> None:
    """At ten in the morning, when Dia is not to be disturbed."""
    begins = BEGINS + timedelta(days=4)
    await street.get(
        PlanGathering(
            neighbourhood_id=HERE, title="Koffie", place="Buurthuis", starts_at=begins,
            ends_at=begins + timedelta(hours=2),
        ),
        actor=_worker(street),
    )  # fmt: skip
    await street.fire()
    assert await street.rows("SELECT FROM guest WHERE participant_id = $1 AND waiting", street.called("Dia"))


async def _at(street: Neighbours, hour: int) -> None:
    """It is that many hours after midnight, and timers go off."""
    street.time.time = BEGINS.replace(hour=0) + timedelta(hours=hour)
    await street.fire()


async def _invited(street: Neighbours, name: str) -> list[str]:
    told = await street.told(NextStepReached, participant_id=street.called(name))
    return [each.step for each in told if "invited" in each.step]


def _worker(street: Neighbours) -> str:
    return f"worker:{street.worker_id}"
