"""Mails to a service, to the municipality, and to who sets it up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from services.notify.writing.data.parts import Mail
from shared.contracts.signals import ReferralOutcome

# --- to a service's contact person: nothing of the person


@dataclass(frozen=True, kw_only=True)
class ToService(Mail):
    service: str
    """Its own name."""


@dataclass(frozen=True, kw_only=True)
class ReferralAsked(ToService, kind="referral-asked"):
    """Answers: `choice=accept`, `choice=reject`."""

    remind_after_working_days: int = 2


@dataclass(frozen=True, kw_only=True)
class ReferralReminder(ToService, kind="referral-reminder"):
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReferralWithdrawn(ToService, kind="referral-withdrawn"):
    """It doesn't go on; what was noted of it has to go."""

    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessEnded(ToService, kind="access-ended"):
    requested_at: datetime


# --- to the municipality, and to who sets it up


@dataclass(frozen=True, kw_only=True)
class NeighbourhoodFigures:
    """Counts of one neighbourhood; null: fewer than five people, or it would show them."""

    name: str
    participants: int | None = None
    with_circle: int | None = None
    newcomers: int | None = None
    visited_in_time: int | None = None
    opened: int | None = None
    agreed: int | None = None
    days_to_yes: float | None = None
    people_in_exchanges: int | None = None
    people_who_gave_a_turn: int | None = None
    gatherings: int | None = None
    people_at_gatherings: int | None = None
    referred: int | None = None
    answered: int | None = None
    working_days_to_answer: int | None = None
    unreachable: int | None = None
    still_open: int | None = None
    outcomes: dict[ReferralOutcome, int | None] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """How many of them are null."""
        return [*vars(self).values(), *self.outcomes.values()].count(None)


@dataclass(frozen=True, kw_only=True)
class MonthlyFigures(Mail, kind="figures"):
    month: date
    """Its first day."""
    neighbourhoods: tuple[NeighbourhoodFigures, ...]
    smallest: int = 5


@dataclass(frozen=True, kw_only=True)
class Test(Mail, kind="test"):
    """That mail arrives at all."""

    sent_at: datetime


__all__ = [
    "AccessEnded",
    "MonthlyFigures",
    "NeighbourhoodFigures",
    "ReferralAsked",
    "ReferralReminder",
    "ReferralWithdrawn",
    "Test",
    "ToService",
]
