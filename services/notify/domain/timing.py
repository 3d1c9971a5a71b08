"""When somebody is told: outside quiet hours, not in a pause, and a worker's digest at their hour."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.notify.domain.mails import AT_ONCE, GROUPS, IN_A_PAUSE
from services.notify.domain.people import Person
from shared.contracts.notify import DigestRhythm
from shared.policy import Policy, QuietHours
from shared.working_days import is_working_day

LOOKED_AT_AGAIN = timedelta(days=1)
"""A pause without an end is looked at so much later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a mail now."""

    what: Literal["send", "later", "by-worker", "moot"]
    at: datetime | None = None
    """For `later`."""
    reason: str = ""


SEND, BY_WORKER = Verdict("send"), Verdict("by-worker")


def gets_mail(person: Person, *, failing: bool) -> bool:
    """Whether someone is reached by e-mail."""
    return person.status != "left" and person.reached_by == "email" and person.email is not None and not failing


def for_participant(
    kind: str, whose: Person, reader: Person | None, policy: Policy, zone: ZoneInfo, *,
    without: Collection[str], now: datetime,
) -> Verdict:  # fmt: skip
    """What becomes of a mail about `whose`; `reader` gets it, they or who holds their mandate. Null: a worker tells."""
    if whose.status == "left":
        return Verdict("moot", reason="they left")
    if GROUPS.get(kind) in without:
        return Verdict("moot", reason="they do without these mails")
    if whose.status == "paused" and kind not in IN_A_PAUSE:
        return Verdict("later", whose.paused_until or now + LOOKED_AT_AGAIN, "they pause")
    if reader is None:
        return BY_WORKER
    at = now if kind in AT_ONCE else after_quiet(now, reader.quiet_hours(policy), zone)
    return Verdict("later", at, "their quiet hours") if at > now else SEND


def after_quiet(now: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
    """Now, or when these quiet hours end, on the clock of the neighbourhood."""
    local = now.astimezone(zone)
    if not _is_quiet(local.time(), quiet):
        return now
    day = local.date() if local.time() < quiet.end else local.date() + timedelta(days=1)
    return datetime.combine(day, quiet.end, zone).astimezone(now.tzinfo)


def next_digest(
    now: datetime, rhythm: DigestRhythm, at: time, policy: Policy, zone: ZoneInfo
) -> datetime:  # fmt: skip
    """When a worker's next digest is due, on the clock of their neighbourhood: on a working day, not in quiet hours.

    A weekly one comes on Monday, or on the first day after it on which people work.
    """
    day = now.astimezone(zone).date()
    for _ in range(30):
        due = after_quiet(datetime.combine(day, at, zone), policy.invitations.quiet_hours, zone)
        if due > now and is_working_day(day, policy.signals.country) and _fits(rhythm, day, policy):
            return due.astimezone(now.tzinfo)
        day += timedelta(days=1)
    return now + timedelta(days=7)


def _fits(rhythm: DigestRhythm, day: date, policy: Policy) -> bool:
    """For a weekly one: no working day between Monday and this one."""
    if rhythm == "daily":
        return True
    monday = day - timedelta(days=day.weekday())
    return not any(
        is_working_day(monday + timedelta(days=each), policy.signals.country) for each in range(day.weekday())
    )


def _is_quiet(at: time, quiet: QuietHours) -> bool:
    if quiet.start < quiet.end:
        return quiet.start <= at < quiet.end
    return at >= quiet.start or at < quiet.end
