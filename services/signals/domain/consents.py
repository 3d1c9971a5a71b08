"""The consent to a referral: which fields, until when, on whose word. It holds for one referral, and so one service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.access import Actor
from shared.contracts.profiles import OnWordOf, Recorded
from shared.contracts.signals import GiveReferralConsent, ReferralConsent, ReferralConsentRef, ReferralField
from shared.messaging import Rejected
from shared.policy import Policy

Ending = Literal["withdrawn", "run-out", "replaced", "referral-ended"]
LONGEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to."""

    consent_id: UUID
    referral_id: UUID
    fields: tuple[ReferralField, ...]
    until: datetime
    how: Recorded
    on_word_of: OnWordOf
    recorded_by: str
    given_at: datetime
    fetched_at: datetime | None = None
    """When the service first fetched details under it: then it is told when they have to go."""
    ended_at: datetime | None = None
    ending: Ending | None = None


def given(
    command: GiveReferralConsent, consent_id: UUID, actor: Actor, *, own: bool, policy: Policy, now: datetime
) -> Consent:
    """A consent from now on. `own`: the person gives it themselves."""
    until = command.until or now + timedelta(days=policy.referrals.consent_days)
    if until <= now:
        raise Rejected("in_the_past", "until has passed: give a later moment", "until")
    if until > now + LONGEST:
        raise Rejected("too_far", f"until lies more than {LONGEST.days} days ahead: choose an earlier day", "until")
    word: OnWordOf = command.on_word_of
    if actor.kind == "participant":
        word = "participant" if own else "relative"
    fields = tuple(sorted(set(command.fields)))
    return Consent(consent_id, command.referral_id, fields, until, command.how, word, str(actor), now)


def runs(consent: Consent | None, now: datetime) -> bool:
    """Whether the service may see something now."""
    return consent is not None and consent.ended_at is None and consent.until > now


def ended(consent: Consent, ending: Ending, now: datetime) -> Consent:
    """It ends now; one that had ended stays as it was."""
    return consent if consent.ended_at else replace(consent, ended_at=now, ending=ending)


def succeeding(consent: Consent, before: Consent) -> Consent:
    """A consent that comes in the place of one that showed no more: what was fetched stays fetched."""
    return replace(consent, fetched_at=before.fetched_at)


def refuse_unfilled(fields: Collection[ReferralField], filled: Collection[ReferralField]) -> None:
    """Refuse that a consent names what was not written down: the service would look in vain."""
    if missing := [each for each in fields if each not in filled]:
        raise Rejected("details_missing", f"fields name {', '.join(missing)}: write these details first", "fields")


def ref(consent: Consent) -> ReferralConsentRef:
    return ReferralConsentRef(consent_id=consent.consent_id, referral_id=consent.referral_id)


def shown(consent: Consent) -> ReferralConsent:
    return ReferralConsent(
        consent_id=consent.consent_id, fields=list(consent.fields), until=consent.until, how=consent.how,
        on_word_of=consent.on_word_of, recorded_by=consent.recorded_by, given_at=consent.given_at,
        ended_at=consent.ended_at, ending=consent.ending,
    )  # fmt: skip
