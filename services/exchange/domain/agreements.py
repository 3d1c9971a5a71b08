"""An agreement: who said yes to what, until when it waits for whom, and what is told of how it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain.exchanges import ENDED, Exchange
from services.exchange.domain.invitations import WAITS, Invitation
from shared.contracts.exchange import HowItWas
from shared.policy import Policy

MOST_THANKS = 10
"""Words of thanks of one person in one exchange: more is no thanks any more."""
SOME_TIME = timedelta(days=7)
"""When those who agreed on "some time", or on any such weekday, will have met."""


def rests(exchange: Exchange, now: datetime) -> bool:
    """Whether nobody is asked for it now, after a "not now" of the side that opened it."""
    return exchange.rests_until is not None and exchange.rests_until > now


def said_yes(invitations: Iterable[Invitation]) -> list[UUID]:
    """The neighbours who said yes, in the order in which they were thought of."""
    return [each.participant_id for each in invitations if each.stage == "yes" and not each.own]


def some_wait(invitations: Iterable[Invitation]) -> bool:
    """Whether there is a neighbour of whom an answer may still come."""
    return any(each.stage in WAITS and not each.own for each in invitations)


def moment_passed(exchange: Exchange, now: datetime) -> bool:
    """Whether it can't be any more."""
    return exchange.ends_at is not None and exchange.ends_at <= now


def decides_by(exchange: Exchange, policy: Policy, since: datetime) -> datetime:
    """Until when the side that opened it can look at who said yes, since that was told: never after the moment."""
    by = since + timedelta(days=policy.exchanges.decide_days)
    return by if exchange.ends_at is None else min(by, exchange.ends_at)


def time_to_decide_passed(
    exchange: Exchange, policy: Policy, invitations: Iterable[Invitation], now: datetime
) -> bool:
    """Whether the time to look at who said yes is over. A timer of an earlier proposal comes too soon for this one."""
    answered = [each.answered_at for each in invitations if each.stage == "yes" and each.answered_at is not None]
    return now >= decides_by(exchange, policy, max(answered, default=now))


def seeks_until(exchange: Exchange, policy: Policy, now: datetime) -> datetime:
    """Until when neighbours are sought; sought again, at least as long as finding nobody takes."""
    if exchange.ends_at is not None:
        return exchange.ends_at
    opened = exchange.opened_at or now
    return max(
        opened + timedelta(days=policy.exchanges.open_days), now + timedelta(days=policy.exchanges.nobody_after_days)
    )


def asks_how_it_was_at(exchange: Exchange, policy: Policy, now: datetime) -> datetime:
    """When both are asked how it was: after the moment; for "some time", when they will have met."""
    met = exchange.ends_at or (exchange.agreed_at or now) + SOME_TIME
    return met + timedelta(days=policy.exchanges.how_was_it_after_days)


def closes_at(exchange: Exchange, policy: Policy, now: datetime) -> datetime:
    """From when a word on how it was stands as it is."""
    asked = asks_how_it_was_at(exchange, policy, now)
    return max(asked, exchange.ended_at or asked) + timedelta(days=policy.exchanges.close_after_days)


def others_in(exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID) -> list[UUID]:
    """All in an agreement but one."""
    return [each for each in (exchange.participant_id, *neighbours) if each != participant_id]


def beside(exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID) -> list[UUID]:
    """Whom someone agreed with: each neighbour with the side that opened it, not with one another."""
    return list(neighbours) if participant_id == exchange.participant_id else [exchange.participant_id]


def did_not_happen_for_all(
    exchange: Exchange, neighbours: Collection[UUID], experiences: dict[UUID, HowItWas]
) -> bool:
    """Whether it did not happen at all: the side that opened it says so, or everyone else does."""
    stayed_away = {each for each, answer in experiences.items() if answer == "did-not-happen"}
    return exchange.participant_id in stayed_away or stayed_away.issuperset(neighbours)


def met_in(exchange: Exchange, neighbours: Collection[UUID], experiences: dict[UUID, HowItWas]) -> list[UUID]:
    """The neighbours whom the side that opened it met: those who didn't say that it did not happen."""
    return [each for each in neighbours if experiences.get(each) != "did-not-happen"]


def over(exchange: Exchange) -> bool:
    return exchange.stage in ENDED
