"""What an agreement decides, as values: until when it waits for whom, who sees it, and what comes of what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain import agreements as domain
from services.exchange.domain import showing
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from shared import policy as policies
from shared.contracts.exchange import AnswerProposal, HowItWas, InvitationStage, Stage, Thanks, When
from shared.ids import new_id
from shared.messaging import Rejected

NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)
POLICY = policies.load()
OPENER, ONE, TWO = new_id(), new_id(), new_id()
DAY = timedelta(days=1)


def exchange(stage: Stage = "proposed", **more: Any) -> Exchange:
    values: dict[str, Any] = {
        "exchange_id": new_id(), "version": 3, "neighbourhood_id": "rabot", "opening": "ask", "participant_id": OPENER,
        "kind": "garden", "words": None, "when": When(), "starts_at": None, "ends_at": None, "often": "once",
        "people": 1, "stage": stage, "half": False, "by_system": False, "why": None, "recorded_by": "operator",
        "consented": None, "drafted_at": NOW - 2 * DAY, "opened_at": NOW - 2 * DAY,
    } | more  # fmt: skip
    return Exchange(**values)


def invitation(participant_id: UUID, stage: InvitationStage, days_ago: float = 1, **more: Any) -> Invitation:
    values: dict[str, Any] = {
        "invitation_id": new_id(), "exchange_id": new_id(), "participant_id": participant_id, "own": False,
        "stage": stage, "again": False, "acquainted": True, "reasons": (), "worker_id": None, "made_at": NOW - 2 * DAY,
        "asked_at": NOW - 2 * DAY, "answered_at": NOW - days_ago * DAY if stage == "yes" else None,
    } | more  # fmt: skip
    return Invitation(**values)


def refused(code: str, field: str, call: Any) -> None:
    with pytest.raises(Rejected) as error:
        call()
    assert [(each.code, each.field) for each in error.value.problems] == [(code, field)]


# --- time


@pytest.mark.parametrize(
    ("ends_in", "days"),
    [(None, 7), (3, 3), (30, 7)],
)
def test_nobody_decides_after_the_moment(ends_in: int | None, days: int) -> None:
    ends_at = None if ends_in is None else NOW + ends_in * DAY
    assert domain.decides_by(exchange(ends_at=ends_at), POLICY, None, NOW) == NOW + days * DAY


def test_who_said_yes_is_put_forward_halfway_to_the_end() -> None:
    """From the first yes on; nobody is, when nobody said yes, or only the one whose wish it is."""
    sought = exchange("inviting", ends_at=NOW + 5 * DAY, people=3)
    asked = [invitation(ONE, "yes", 1), invitation(TWO, "yes", 0)]
    assert domain.puts_forward_at(sought, POLICY, asked) == NOW + 2 * DAY
    assert domain.puts_forward_at(sought, POLICY, [invitation(OPENER, "yes", own=True), invitation(TWO, "no")]) is None


@given(
    yes=st.lists(st.floats(0, 40), min_size=1, max_size=5),
    ends_in=st.one_of(st.none(), st.floats(-10, 60)),
)
def test_who_said_yes_is_put_forward_in_time(yes: list[float], ends_in: float | None) -> None:
    """Never before the first yes, and never after the end when that still lay ahead then."""
    ends_at = None if ends_in is None else NOW + ends_in * DAY
    sought = exchange("inviting", ends_at=ends_at, opened_at=NOW - 41 * DAY)
    at = domain.puts_forward_at(sought, POLICY, [invitation(new_id(), "yes", ago) for ago in yes])
    first = NOW - max(yes) * DAY
    assert at is not None
    assert at >= first
    end = ends_at or NOW - 41 * DAY + POLICY.exchanges.open_days * DAY
    assert at <= max(end, first)


def test_there_is_time_to_find_someone_when_others_are_sought() -> None:
    late = exchange("open", opened_at=NOW - 27 * DAY)
    assert domain.seeks_until(late, POLICY, NOW) == NOW + POLICY.exchanges.nobody_after_days * DAY
    assert domain.seeks_until(replace(late, ends_at=NOW + DAY), POLICY, NOW) == NOW + DAY


@pytest.mark.parametrize(
    ("rested", "ends_in", "rests"),
    [(False, None, True), (True, None, False), (False, 5, False), (False, 60, True)],
)
def test_it_rests_once_and_only_when_it_can_be_afterwards(rested: bool, ends_in: int | None, rests: bool) -> None:
    ends_at = None if ends_in is None else NOW + ends_in * DAY
    until = domain.rests_until(exchange(rested=rested, ends_at=ends_at), POLICY, NOW)
    assert (until is not None) == rests


# --- answers


@pytest.mark.parametrize("answer", ["yes", "not-now"])
def test_only_a_not_this_time_is_to_one_of_several(answer: Any) -> None:
    command = AnswerProposal(exchange_id=new_id(), answer=answer, participant_id=ONE)
    asked = [invitation(ONE, "yes")]
    refused("not_allowed", "participant_id", lambda: domain.refuse_answer(exchange(), command, asked, NOW))


@pytest.mark.parametrize(
    "stage", ["draft", "open", "inviting", "agreed", "done", "withdrawn", "expired", "handed-over"]
)
def test_only_what_is_proposed_is_answered(stage: Stage) -> None:
    command = AnswerProposal(exchange_id=new_id(), answer="yes")
    refused("wrong_stage", "exchange_id", lambda: domain.refuse_answer(exchange(stage), command, [], NOW))


# --- afterwards

SAID: list[tuple[dict[UUID, HowItWas], bool]] = [
    ({OPENER: "did-not-happen"}, True),
    ({ONE: "did-not-happen"}, False),
    ({ONE: "did-not-happen", TWO: "did-not-happen"}, True),
]


@pytest.mark.parametrize(("said", "all_of_it"), SAID)
def test_it_did_not_happen_when_one_whole_side_says_so(said: dict[UUID, HowItWas], all_of_it: bool) -> None:
    assert domain.did_not_happen(exchange("agreed"), [ONE, TWO], said) == all_of_it


def test_who_was_not_there_met_nobody() -> None:
    assert domain.met_in([ONE, TWO], {ONE: "did-not-happen", OPENER: "good"}) == [TWO]


def test_a_neighbour_agreed_with_the_side_that_opened_it_alone() -> None:
    agreed = exchange("agreed")
    assert domain.beside(agreed, [ONE, TWO], ONE) == [OPENER]
    assert domain.beside(agreed, [ONE, TWO], OPENER) == [ONE, TWO]
    assert domain.others_in(agreed, [ONE, TWO], ONE) == [OPENER, TWO]


# --- what each sees


def whole(found: Exchange, asked: list[Invitation], agreed: list[UUID]) -> showing.Whole:
    return showing.Whole(
        found, asked, agreed, said={OPENER: "not-good", ONE: "good"},
        thanks=[Thanks(participant_id=each, words=f"van {each}", said_at=NOW) for each in (OPENER, ONE, TWO)],
        deviations=[], pleasures={},
    )  # fmt: skip


@given(
    stage=st.sampled_from(["draft", "open", "inviting", "proposed", "handed-over", "withdrawn", "expired"]),
    answers=st.lists(
        st.sampled_from(["held", "waiting", "asked", "yes", "not-now", "no", "silent", "taken-back"]), max_size=4
    ),
    looks=st.integers(0, 5),
)  # fmt: skip
def test_before_both_agreed_no_neighbour_sees_an_id_of_another(stage: Any, answers: list[Any], looks: int) -> None:
    """Whatever the stage, the answers, and who looks; and the side that opened it sees one only when it is proposed."""
    people = [new_id() for _ in answers]
    asked = [
        invitation(who, answer, asked_at=None if answer in ("held", "waiting") else NOW)
        for who, answer in zip(people, answers, strict=True)
    ]
    found = exchange(stage)
    viewer = [OPENER, new_id(), *people][looks % (len(people) + 2)]
    eyes = showing.eyes_of(viewer, showing.sides(found, asked, set()), ())
    if eyes is None:
        assert viewer != OPENER
        return
    shown = showing.shown(whole(found, asked, []), eyes)
    seen = {shown.participant_id, *(each.participant_id for each in shown.others)} - {None, viewer}
    assert not seen or (viewer == OPENER and stage == "proposed")
    assert viewer == OPENER or not shown.thanks
    assert not any(each.agreed for each in shown.others)


def test_who_looks_for_another_sees_no_word_on_how_it_was() -> None:
    done = exchange("done", agreed_at=NOW - DAY, ended_at=NOW)
    everything = whole(done, [invitation(ONE, "yes")], [ONE])
    own = showing.Eyes("opener", OPENER, themselves=True)
    assert showing.shown(everything, own).how_it_was == "not-good"
    assert showing.shown(everything, replace(own, themselves=False)).how_it_was is None
    assert showing.shown(everything, showing.Eyes("worker")).how_it_was is None
    assert showing.shown(everything, showing.Eyes("agreed", ONE, themselves=True)).how_it_was == "good"


def test_who_is_in_it_looks_as_themselves_also_with_a_mandate() -> None:
    found: dict[UUID, showing.Side] = {OPENER: "opener", ONE: "asked"}
    assert showing.eyes_of(ONE, found, {OPENER}) == showing.Eyes("asked", ONE, themselves=True)
    assert showing.eyes_of(TWO, found, {OPENER, ONE}) == showing.Eyes("opener", OPENER)
    assert showing.eyes_of(TWO, found, ()) is None
