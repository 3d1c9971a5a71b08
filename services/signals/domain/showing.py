"""What a signal looks like to workers, and where a list of them goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from uuid import UUID

from services.signals.domain import mediation as mediations
from services.signals.domain.mediation import Mediation
from services.signals.domain.signals import Signal
from shared.contracts.signals import Note, SignalPage, SignalStep, SignalSummary, Urgency
from shared.contracts.signals import Signal as SignalView
from shared.messaging import Rejected

_REPLY = 50_000
"""Bytes of notes in one reply."""
_FIRST: tuple[Urgency, ...] = ("today", "this-week", "watch")


def summary(signal: Signal) -> SignalSummary:
    return SignalSummary.model_validate({name: getattr(signal, name) for name in SignalSummary.model_fields})


def view(signal: Signal, notes: int, mediation: Mediation | None, steps: Sequence[SignalStep]) -> SignalView:
    values = {name: getattr(signal, name) for name in SignalView.model_fields if hasattr(signal, name)}
    return SignalView.model_validate(
        values | {
            "notes_written": notes, "mediation": mediations.view(mediation) if mediation else None,
            "steps": list(steps),
        }
    )  # fmt: skip


def page(found: Sequence[Signal], limit: int) -> SignalPage:
    """A page, of which one more was looked up than it holds."""
    shown = found[:limit]
    return SignalPage(
        signals=[summary(each) for each in shown], next=_cursor(shown[-1]) if len(found) > limit else None
    )  # fmt: skip


def first_that_fit(notes: Sequence[Note]) -> list[Note]:
    """As many as one reply takes; always one."""
    sizes = accumulate(len(each.model_dump_json().encode()) for each in notes)
    fit = sum(size <= _REPLY for size in sizes)
    return list(notes[: max(fit, 1)])


def read_cursor(text: str | None) -> tuple[int, datetime, UUID] | None:
    """Where a list goes on."""
    if text is None:
        return None
    try:
        rank, at, id_ = text.split(" ")
        found = (int(rank), datetime.fromisoformat(at), UUID(id_))
    except ValueError:
        found = None
    if found is None or found[1].tzinfo is None or found[0] not in range(3):
        raise Rejected("malformed", "after is no place in the list: give `next` of the page before", "after")
    return found


def _cursor(signal: Signal) -> str:
    return f"{_FIRST.index(signal.urgency)} {signal.raised_at.isoformat()} {signal.signal_id}"
