"""What someone's absence means, and which of two entries of one person stays in an exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from services.exchange.domain.leaving import goes, is_over, standing, stands_otherwise
from services.exchange.domain.people import Person
from shared.contracts.exchange import InvitationStage, When
from shared.ids import new_id

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
DOUBLE, SURVIVOR, THIRD = new_id(), new_id(), new_id()


def exchange(opener: UUID = THIRD, **more: Any) -> Exchange:
    values: dict[str, Any] = {
        "exchange_id": new_id(), "version": 1, "neighbourhood_id": "here", "opening": "ask", "participant_id": opener,
        "kind": "garden", "words": None, "when": When(), "starts_at": None, "ends_at": None, "often": "once",
        "people": 1, "stage": "agreed", "half": False, "by_system": False, "why": None, "recorded_by": "operator",
        "consented": None, "drafted_at": NOW, "opened_at": NOW, "agreed_at": NOW,
    }  # fmt: skip
    return Exchange(**values | more)


def person(**more: Any) -> Person:
    values: dict[str, Any] = {
        "participant_id": THIRD, "version": 1, "neighbourhood_id": "here", "status": "active", "paused_until": None,
        "out_of_matching": False, "cell": None, "ceiling": None, "quiet_from": None, "quiet_until": None,
        "reached_by": "email", "heard_at": NOW, "languages": (), "availability": (), "mandate_holder_ids": (),
    }  # fmt: skip
    return Person(**values | more)


def asked(participant_id: UUID, stage: InvitationStage, answered: int | None = None) -> Invitation:
    return Invitation(
        invitation_id=new_id(), exchange_id=new_id(), participant_id=participant_id, own=False, stage=stage,
        again=False, acquainted=True, reasons=(), worker_id=None, made_at=NOW,
        answered_at=None if answered is None else NOW + timedelta(hours=answered),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({}, "here"), ({"status": "paused"}, "resting"), ({"out_of_matching": True}, "resting"),
        ({"status": "left"}, "gone"), ({"neighbourhood_id": "elsewhere"}, "gone"),
        ({"neighbourhood_id": "elsewhere", "status": "paused"}, "gone"),
    ],
)  # fmt: skip
def test_how_someone_stands_to_what_goes_on_somewhere(change: dict[str, Any], how: str) -> None:
    assert standing(person(**change), "here") == how
    assert standing(None, "here") == "gone"
    assert stands_otherwise(person(), person(**change)) == (how != "here")
    assert stands_otherwise(None, person(**change))


def test_another_talent_or_ceiling_changes_nothing_of_what_someone_is_in() -> None:
    assert not stands_otherwise(person(), person(version=2, ceiling=3, languages=("nl",)))


def test_what_was_agreed_is_over_after_its_moment_or_a_week_after_some_time() -> None:
    at = exchange(ends_at=NOW + timedelta(days=3))
    assert not is_over(at, NOW + timedelta(days=2))
    assert is_over(at, NOW + timedelta(days=3))
    assert not is_over(exchange(), NOW + timedelta(days=6))
    assert is_over(exchange(), NOW + timedelta(days=7))
    assert not is_over(replace(at, stage="inviting"), NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("of_double", "of_survivor", "gone"),
    [
        (("yes", 1), ("no", 2), SURVIVOR), (("no", 1), ("yes", 2), DOUBLE), (("asked", None), ("no", 1), DOUBLE),
        (("never", 1), ("asked", None), SURVIVOR), (("no", 3), ("not-now", 2), SURVIVOR),
        (("held", None), ("asked", None), DOUBLE), (("waiting", None), ("held", None), SURVIVOR),
        (("silent", None), ("held", None), DOUBLE), (("yes", 1), ("yes", 1), DOUBLE),
    ],
)  # fmt: skip
def test_of_two_questions_to_one_person_stands_what_came_furthest(of_double: Any, of_survivor: Any, gone: UUID) -> None:
    questions = {DOUBLE: asked(DOUBLE, *of_double), SURVIVOR: asked(SURVIVOR, *of_survivor)}
    assert goes(exchange(), questions, [], DOUBLE, SURVIVOR) == gone


def test_with_whom_it_was_agreed_stays() -> None:
    questions = {DOUBLE: asked(DOUBLE, "yes", 1), SURVIVOR: asked(SURVIVOR, "yes", 2)}
    assert goes(exchange(), questions, [DOUBLE], DOUBLE, SURVIVOR) == SURVIVOR


@pytest.mark.parametrize(("opener", "gone"), [(DOUBLE, SURVIVOR), (SURVIVOR, DOUBLE)])
def test_who_opened_it_stays(opener: UUID, gone: UUID) -> None:
    assert goes(exchange(opener), {gone: asked(gone, "yes", 1)}, [gone], DOUBLE, SURVIVOR) == gone
