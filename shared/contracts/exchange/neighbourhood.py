"""What a worker may look at in a neighbourhood, as reasons to visit, and the figures for those who fund the work."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.profiles.places import Month
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Text

AttentionReason = Literal["knows-nobody", "fell-silent", "nobody-found", "much-rests-on-them", "one-way"]
"""Why a visit may be welcome. `one-way`: everything went one way for a while, whichever it was."""


class Attention(Contract):
    """A reason to visit someone. Never a score: there is no number in it, and no order but the name of time."""

    participant_id: ParticipantId
    reason: AttentionReason
    since: Moment
    exchange_id: UUID | None
    """What found nobody."""


class AttentionPage(Contract):
    """A page of reasons to visit, the longest-standing first."""

    items: list[Attention]
    next: Text | None
    """Give it as `after` to read on; null on the last page."""


class ListAttention(Query, type="exchange.attention.list.v1", result=AttentionPage):
    """Whom a worker might visit in a neighbourhood, and why; for workers alone."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "reason": "fell-silent"}
    neighbourhood_id: NeighbourhoodId
    reason: AttentionReason | None = None
    after: Text | None = None
    limit: Limit = 50


class ExchangeMonth(Contract):
    """Counts of a month that is over, made once, when what was opened in it has had its time to be answered.

    Null: fewer people stand behind it than may be shown, or it would give such a count away. A count of people is given
    anew when it differs by five or more from all that were given before; else the nearest of those is given again.
    """

    month: Month
    opened: int | None
    """Asks and offers that were opened."""
    agreed: int | None
    """Of these, those on which both sides agreed since."""
    days_to_yes: float | None
    """The median, from opening to the first yes, rounded to half days."""
    people_in_exchanges: int | None
    """Different people who took part in an exchange that was done."""
    people_who_gave_a_turn: int | None
    """Different people by whom something was done for another: how widely it is spread."""
    gatherings: int | None
    people_at_gatherings: int | None


class ExchangeFigures(Contract):
    """Months in order."""

    months: list[ExchangeMonth]


class ShowExchangeFigures(Query, type="exchange.figures.show.v1", result=ExchangeFigures, partners=True):
    """The figures of a neighbourhood: counts only, no cell under five people."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "since": "2026-01"}
    neighbourhood_id: NeighbourhoodId
    since: Month | None = None
    """Null: a year before `until`."""
    until: Month | None = None
    """Null: the month that runs; it is not among them."""


__all__ = [
    "Attention",
    "AttentionPage",
    "AttentionReason",
    "ExchangeFigures",
    "ExchangeMonth",
    "ListAttention",
    "ShowExchangeFigures",
]
