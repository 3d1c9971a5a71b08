"""An agreement: who said yes to what, until when it waits for whom, and what comes of what people say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain.exchanges import Exchange, refuse_stage
from services.exchange.domain.invitations import WAITS, Invitation
from services.exchange.domain.opening import end_of, rests
from services.exchange.domain.people import Person
from shared.contracts.exchange import AnswerProposal, HowItWas, NextStep, Stage, Thanks
from shared.messaging import Rejected
from shared.policy import Policy

MOST_THANKS = 10
"""Words of thanks of one person in one exchange."""
SOME_TIME = timedelta(days=7)
"""When people who agreed on "some time", or on any such weekday, will have met."""
MEET: frozenset[Stage] = frozenset({"agreed", "done"})


# --- before both agreed


def said_yes(invitations: Iterable[Invitation]) -> list[UUID]:
    """The neighbours who said yes, in the order in which they were thought of."""
    return [each.participant_id for each in invitations if each.stage == "yes" and not each.own]


def first_yes(invitations: Iterable[Invitation], people: int) -> list[UUID]:
    """Who of those who said yes is put forward: as many as are wanted, and who said it first."""
    asked = list(invitations)
    said_at = {each.participant_id: each.answered_at or each.made_at for each in asked}
    return sorted(said_yes(asked), key=lambda id_: said_at[id_])[:people]


def some_wait(invitations: Iterable[Invitation]) -> bool:
    """Whether there is a neighbour whose answer may still come."""
    return any(each.stage in WAITS and not each.own for each in invitations)


def taken_back(invitations: Iterable[Invitation], participant_ids: Collection[UUID]) -> list[Invitation]:
    """The invitations to these neighbours, as they are once they are no longer asked."""
    return [
        replace(each, stage="taken-back") for each in invitations
        if each.participant_id in participant_ids and not each.own
    ]  # fmt: skip


def moment_passed(exchange: Exchange, now: datetime) -> bool:
    """Whether it can't be any more."""
    return exchange.ends_at is not None and exchange.ends_at <= now


def decides_by(exchange: Exchange, policy: Policy, opener: Person | None, since: datetime) -> datetime:
    """Until when the side that opened it can look at who said yes, since it was told: never after the moment.

    Who is not reached at once has time for a letter, and for one back.
    """
    days = policy.exchanges.decide_days
    if opener is not None and opener.reached_by != "email":
        days = max(days, policy.invitations.answer_within_days_by_letter)
    by = since + timedelta(days=days)
    return by if exchange.ends_at is None else min(by, exchange.ends_at)


def last_yes_at(invitations: Iterable[Invitation], now: datetime) -> datetime:
    """When the last of those who said yes did: it was put before the side that opened it then, or later."""
    answered = [each.answered_at for each in invitations if each.stage == "yes" and each.answered_at is not None]
    return max(answered, default=now)


def puts_forward_at(exchange: Exchange, policy: Policy, invitations: Iterable[Invitation]) -> datetime | None:
    """When those who said yes are put before the side that opened it, be they fewer than it takes; None without a yes.

    Halfway between the first yes and the end: then both sides still have time, however long another answer takes.
    """
    answered = [each.answered_at for each in invitations if each.stage == "yes" and each.answered_at and not each.own]
    until = end_of(exchange, policy)
    if not answered or until is None:
        return None
    return min(answered) + max(until - min(answered), timedelta()) / 2


def seeks_until(exchange: Exchange, policy: Policy, now: datetime) -> datetime:
    """Until when neighbours are sought again; there is always time left to find one, unless the moment comes sooner."""
    if exchange.ends_at is not None:
        return exchange.ends_at
    return max(end_of(exchange, policy) or now, tells_nobody_found_at(policy, now))


def tells_nobody_found_at(policy: Policy, now: datetime) -> datetime:
    """When it is told that nobody was found, once others are sought."""
    return now + timedelta(days=policy.exchanges.nobody_after_days)


def rests_until(exchange: Exchange, policy: Policy, now: datetime) -> datetime | None:
    """Until when it rests after a "not now"; None when there was one before, or its moment would have passed."""
    until = now + timedelta(days=policy.exchanges.again_after_days)
    return None if exchange.rested or moment_passed(exchange, until) else until


def refuse_answer(
    exchange: Exchange, command: AnswerProposal, invitations: Iterable[Invitation], now: datetime
) -> None:
    """Refuse an answer where nobody said yes, to someone who didn't, or for a moment that has passed."""
    refuse_stage(exchange, {"proposed"})
    if command.participant_id is not None and command.answer != "not-this-time":
        raise Rejected(
            "not_allowed", "participant_id goes with not-this-time alone: leave it out, the answer is to all",
            "participant_id",
        )  # fmt: skip
    if command.participant_id is not None and command.participant_id not in said_yes(invitations):
        raise Rejected("unknown_id", "participant_id is nobody who said yes to this: check the id", "participant_id")
    if command.answer == "yes" and moment_passed(exchange, now):
        raise Rejected("in_the_past", "exchange_id was for a moment that has passed: open it again", "exchange_id")


def answered_so(exchange: Exchange, command: AnswerProposal, invitations: Iterable[Invitation], now: datetime) -> bool:
    """Whether this answer was given before, and nothing is left to do."""
    if command.answer == "yes":
        return exchange.stage == "agreed" and command.participant_id is None
    if command.answer == "not-now":
        return exchange.rested and (exchange.stage == "withdrawn" or rests(exchange, now))
    let_go = {each.participant_id for each in invitations if each.stage == "taken-back" and not each.own}
    if command.participant_id is not None:
        return command.participant_id in let_go
    return exchange.stage in ("open", "inviting") and bool(let_go)


def next_for_opener(exchange: Exchange, now: datetime) -> NextStep:
    """What the side that opened it can expect after an answer."""
    if exchange.stage in ("open", "inviting"):
        return "resting" if rests(exchange, now) else "looking"
    return _NEXT.get(exchange.stage, "ended")


# --- after both agreed


def others_in(exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID) -> list[UUID]:
    """All in an agreement but one."""
    return [each for each in (exchange.participant_id, *neighbours) if each != participant_id]


def beside(exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID) -> list[UUID]:
    """Whom someone agreed with: each neighbour with the side that opened it, not with one another."""
    return list(neighbours) if participant_id == exchange.participant_id else [exchange.participant_id]


def asks_how_it_was_at(exchange: Exchange, policy: Policy, since: datetime) -> datetime:
    """When both are asked how it was: after the moment; for "some time", when they will have met since they agreed."""
    met_by = exchange.ends_at or since + SOME_TIME
    return met_by + timedelta(days=policy.exchanges.how_was_it_after_days)


def closes_at(exchange: Exchange, policy: Policy, asked_at: datetime) -> datetime:
    """From when what people said of it stays as it is: some time after they were asked, and after it was done."""
    return max(asked_at, exchange.ended_at or asked_at) + timedelta(days=policy.exchanges.close_after_days)


def refuse_apart(exchange: Exchange, neighbours: Collection[UUID]) -> None:
    """Refuse words on an exchange in which nobody met: none was agreed, or what was agreed was cancelled.

    What ended without a word can still be spoken of: "not good" is heard whenever it comes.
    """
    if not neighbours:
        refuse_stage(exchange, MEET)


def refuse_answer_on_it(
    exchange: Exchange, answer: HowItWas, before: HowItWas | None, policy: Policy, now: datetime
) -> None:
    """Refuse another word when it has closed, and that it did not happen when it is still to come."""
    if answer == "did-not-happen" and exchange.starts_at is not None and exchange.starts_at > now:
        raise Rejected("in_the_future", "answer is on a moment that is still to come: cancel it instead", "answer")
    asked_at = asks_how_it_was_at(exchange, policy, exchange.agreed_at or now)
    if before is not None and now >= closes_at(exchange, policy, asked_at):
        raise Rejected("closed", "answer comes after another that stands by now: tell your worker", "answer")


def did_not_happen(exchange: Exchange, neighbours: Collection[UUID], said: Mapping[UUID, HowItWas]) -> bool:
    """Whether it did not happen at all: the side that opened it says so, or everyone else does."""
    stayed = {each for each, answer in said.items() if answer == "did-not-happen"}
    return exchange.participant_id in stayed or stayed.issuperset(neighbours)


def met_in(neighbours: Iterable[UUID], said: Mapping[UUID, HowItWas]) -> list[UUID]:
    """The neighbours whom the side that opened it met: those who didn't say that it did not happen."""
    return [each for each in neighbours if said.get(each) != "did-not-happen"]


def said_since(exchange: Exchange, said: Iterable[Thanks]) -> list[Thanks]:
    """The words of thanks since both agreed: what was said to a neighbour before is not for another."""
    return [each for each in said if exchange.agreed_at is not None and each.said_at >= exchange.agreed_at]


def said_before(said: Iterable[Thanks], participant_id: UUID, words: str) -> bool:
    """Whether they thanked in these very words: once is enough."""
    return any(each.participant_id == participant_id and each.words == words for each in said)


def refuse_too_much(said: Iterable[Thanks], participant_id: UUID) -> None:
    """Refuse more words of thanks than anyone has."""
    if sum(each.participant_id == participant_id for each in said) >= MOST_THANKS:
        raise Rejected("too_many", f"words were said {MOST_THANKS} times here: say it to them yourself", "words")


_NEXT: dict[Stage, NextStep] = {"proposed": "found", "agreed": "agreed"}
