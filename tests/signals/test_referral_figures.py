"""Figures of referrals: by kind and outcome, time to an answer, unreachable, open; nobody can be found in them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.signals.domain.figures import MARGINS, Outcome, Referred, Shown, shown
from shared import clock
from shared.contracts.signals import (
    AcceptReferral,
    CompleteReferral,
    MarkInError,
    ReferralMonth,
    RejectReferral,
    ShowSignalsFigures,
)
from shared.figures import month_of
from tests.conftest import MakeStack
from tests.signals.neighbourhood import ZONE, Place
from tests.signals.referring import Referring, by, referring

BRUSSELS = ZoneInfo("Europe/Brussels")
ASKED = datetime(2027, 3, 4, 10, tzinfo=UTC)
"""A Thursday."""
OUTCOMES: tuple[Outcome, ...] = ("helped", "declined-by-person", "could-not-be-reached", "no-capacity", "open")


def of(count: int, outcome: Outcome = "helped", kind: str = "household", days: float | None = 1) -> list[Referred]:
    answered = ASKED + timedelta(days=days) if days is not None else None
    return [Referred(kind, outcome, ASKED, answered)] * count


def figures(referred: Sequence[Referred]) -> Shown:
    return shown(referred, BRUSSELS, "BE", 5)


def test_a_month_of_fewer_than_five_people_shows_nothing() -> None:
    assert figures(of(4)) == Shown()


def test_what_enough_people_stand_behind_is_shown() -> None:
    found = figures([*of(7), *of(6, "could-not-be-reached"), *of(5, "open", days=None), *of(5, kind="food")])
    assert (found.requested, found.answered, found.unreachable, found.still_open) == (23, 18, 6, 5)
    assert {(each.kind, each.outcome): each.people for each in found.counts} == {
        ("household", "helped"): 7, ("household", "could-not-be-reached"): 6, ("household", "open"): 5,
        ("food", "helped"): 5,
    }  # fmt: skip


def test_a_part_goes_when_the_rest_would_be_too_few() -> None:
    found = figures([*of(20), *of(3, "open", days=None)])
    assert (found.requested, found.answered, found.still_open) == (23, None, None)
    assert found.counts == ()


def test_the_time_to_an_answer_is_in_working_days() -> None:
    assert figures([*of(3, days=1), *of(3, days=4)]).working_days_to_answer == 2
    assert figures(of(5, days=4)).working_days_to_answer == 2
    assert figures([*of(4, days=1), *of(5, "open", days=None)]).working_days_to_answer is None


COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["food", "household", "mood"]), st.sampled_from(OUTCOMES)), st.integers(0, 12),
    max_size=10,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(COUNTS)
def test_no_difference_of_what_is_shown_gives_fewer_than_five_people(counts: dict[tuple[str, Outcome], int]) -> None:
    referred = [each for (kind, outcome), count in counts.items() for each in of(count, outcome, kind)]
    found = figures(referred)
    if found.requested is None:
        assert found.counts == ()
        return
    margins = {"could-not-be-reached": found.unreachable, "open": found.still_open}
    cells = {(each.kind, each.outcome): each.people for each in found.counts}
    assert all(people >= 5 for people in [*cells.values(), *(each for each in margins.values() if each is not None)])
    real = Counter((each.kind, each.outcome) for each in referred)
    assert all(real[cell] == people for cell, people in cells.items())
    for outcome in MARGINS:
        whole, inside = margins[outcome], [people for cell, people in cells.items() if cell[1] == outcome]
        if whole is not None:
            _tells_nothing(whole, inside)
    outside = [people for cell, people in cells.items() if margins.get(cell[1]) is None]
    _tells_nothing(found.requested, [*outside, *(each for each in margins.values() if each is not None)])


def _tells_nothing(whole: int, parts: list[int]) -> None:
    """However many of the parts are taken away, what is left is nobody, or enough."""
    for size in range(len(parts) + 1):
        for some in itertools.combinations(parts, size):
            assert whole - sum(some) not in range(1, 5), (whole, some)


@pytest.fixture(scope="module")
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def _made(here: Referring, place: Place) -> ReferralMonth:
    """The figures of the month that it is, once it has had its time."""
    month = month_of(clock.now(), ZONE)
    here.move(timedelta(days=50))
    await here.fire()
    found = await here.get(
        ShowSignalsFigures(neighbourhood_id=place.neighbourhood_id, since=month, until=month), actor="operator"
    )
    (made,) = found.months
    one: ReferralMonth = made
    return one


async def test_referrals_by_outcome_and_time_to_an_answer_are_counts_of_people(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    service = await here.service(partner_organisation=partner)
    for number in range(12):
        id_ = await here.requested(place, service)
        if number < 6:
            await here.get(AcceptReferral(referral_id=id_), sender=partner)
            await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
        else:
            reject = RejectReferral(referral_id=id_, reason="could-not-reach", outcome="could-not-be-reached")
            await here.get(reject, sender=partner)
    who = await here.someone(place)
    for _ in range(3):  # one person, counted once
        again = await here.requested(place, service, who)
        await here.get(AcceptReferral(referral_id=again), sender=partner)
        await here.get(CompleteReferral(referral_id=again, outcome="helped"), sender=partner)
    mistake = await here.requested(place, service)
    await here.get(MarkInError(referral_id=mistake), **by(place.marie))
    found = await _made(here, place)
    assert (found.requested, found.answered, found.unreachable, found.still_open) == (13, None, 6, None)
    assert found.working_days_to_answer == 0
    assert {(each.kind, each.outcome): each.people for each in found.counts} == {
        ("household", "helped"): 7, ("household", "could-not-be-reached"): 6,
    }  # fmt: skip
    (row,) = await here.rows(
        "SELECT still_open FROM referral_figure WHERE neighbourhood_id = $1 AND month = $2",
        place.neighbourhood_id, found.month,
    )  # fmt: skip
    assert row["still_open"] is None


async def test_figures_of_a_month_are_made_once(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    service = await here.service(partner_organisation=partner)
    kept = [await here.requested(place, service) for _ in range(6)]
    found = await _made(here, place)
    assert found.requested == 6
    await here.get(MarkInError(referral_id=kept[0]), **by(place.marie))
    await here.pass_(1)
    again = await here.get(
        ShowSignalsFigures(neighbourhood_id=place.neighbourhood_id, since=found.month), actor="operator"
    )
    assert next(each for each in again.months if each.month == found.month) == found


async def test_a_partner_sees_the_figures_of_the_neighbourhoods_granted_to_it(here: Referring) -> None:
    place, other = await here.place(), await here.place()
    await here.grant("gent", place.neighbourhood_id, organisation_id="gent")
    await here.get(ShowSignalsFigures(neighbourhood_id=place.neighbourhood_id), sender="gent")
    query = ShowSignalsFigures(neighbourhood_id=other.neighbourhood_id)
    assert await here.refused(query, sender="gent") == ("outside_grant", "neighbourhood_id")
