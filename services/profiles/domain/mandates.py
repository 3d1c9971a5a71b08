"""Mandates and consents: given on someone's word, running until they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.contracts import profiles as contracts
from shared.contracts.profiles import ConsentEnding, ConsentField, MandateEnding, OnWordOf, Recorded
from shared.messaging import Rejected

MOST_MANDATES = 20
MOST_CONSENTS = 50
"""As many as fit in a state, and more than anyone oversees."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """That one participant may answer for another."""

    mandate_id: UUID
    participant_id: UUID
    holder_id: UUID
    on_word_of: OnWordOf
    recorded_by: str
    given_at: datetime
    until: datetime | None
    ended_at: datetime | None = None
    ending: MandateEnding | None = None

    def runs(self, now: datetime) -> bool:
        return self.ended_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Consent:
    """That one organisation may see some fields, for one purpose."""

    consent_id: UUID
    participant_id: UUID
    purpose: str
    fields: tuple[ConsentField, ...]
    organisation_id: str
    how: Recorded
    recorded_by: str
    given_at: datetime
    until: datetime
    ended_at: datetime | None = None
    ending: ConsentEnding | None = None

    def runs(self, now: datetime) -> bool:
        return self.ended_at is None and self.until > now


def give_mandate(
    command: contracts.GiveMandate, mandate_id: UUID, held: tuple[UUID, ...], *, recorded_by: str, now: datetime
) -> Mandate:
    """A mandate for someone who doesn't hold one yet. `held`: who holds one now."""
    if command.holder_id == command.participant_id:
        raise Rejected("same_person", "holder_id answers for themselves already: name someone else", "holder_id")
    if command.holder_id in held:
        raise Rejected("exists", "holder_id holds a mandate already: end that one first", "holder_id")
    if len(held) >= MOST_MANDATES:
        raise Rejected(
            "too_many", f"participant_id has {MOST_MANDATES} mandates already: end one first", "participant_id"
        )
    _refuse_past(command.until, now)
    return Mandate(
        mandate_id, command.participant_id, command.holder_id, command.on_word_of, recorded_by, now, command.until
    )  # fmt: skip


def end_mandate(mandate: Mandate, ending: MandateEnding, now: datetime) -> Mandate:
    """It ends now; one that had ended stays as it was."""
    return mandate if mandate.ended_at else replace(mandate, ended_at=now, ending=ending)


def give_consent(
    command: contracts.GiveConsent, consent_id: UUID, running: int, *, recorded_by: str, now: datetime
) -> Consent:
    """A consent. `running`: how many run now."""
    if running >= MOST_CONSENTS:
        raise Rejected(
            "too_many", f"participant_id has {MOST_CONSENTS} running consents: withdraw one first", "participant_id"
        )
    _refuse_past(command.until, now)
    fields = tuple(sorted(set(command.fields)))
    return Consent(
        consent_id, command.participant_id, command.purpose, fields, command.organisation_id, command.how,
        recorded_by, now, command.until,
    )  # fmt: skip


def end_consent(consent: Consent, ending: ConsentEnding, now: datetime) -> Consent:
    """It ends now; one that had ended stays as it was."""
    return consent if consent.ended_at else replace(consent, ended_at=now, ending=ending)


def mandate_seen(mandate: Mandate) -> contracts.Mandate:
    """As it is shown."""
    return contracts.Mandate(
        mandate_id=mandate.mandate_id, participant_id=mandate.participant_id, holder_id=mandate.holder_id,
        on_word_of=mandate.on_word_of, recorded_by=mandate.recorded_by, given_at=mandate.given_at,
        until=mandate.until, ended_at=mandate.ended_at, ending=mandate.ending,
    )  # fmt: skip


def consent_seen(consent: Consent) -> contracts.Consent:
    """As it is shown."""
    return contracts.Consent(
        consent_id=consent.consent_id, participant_id=consent.participant_id, purpose=consent.purpose,
        fields=list(consent.fields), organisation_id=consent.organisation_id, how=consent.how,
        recorded_by=consent.recorded_by, given_at=consent.given_at, until=consent.until,
        ended_at=consent.ended_at, ending=consent.ending,
    )  # fmt: skip


def consents_kept(participant_id: UUID, version: int, running: list[Consent]) -> contracts.ConsentsKept:
    """What the other services know of someone's consents."""
    return contracts.ConsentsKept(
        participant_id=participant_id,
        version=version,
        running=[
            contracts.RunningConsent(
                consent_id=each.consent_id, purpose=each.purpose, fields=list(each.fields),
                organisation_id=each.organisation_id, until=each.until,
            )
            for each in running
        ],
    )  # fmt: skip


def consented(
    consents: Sequence[Consent], organisation_id: str, now: datetime
) -> tuple[list[ConsentField], list[UUID]]:
    """What an organisation may see of someone at this moment, and which consents say so. Refused when none does."""
    running = [each for each in consents if each.organisation_id == organisation_id and each.runs(now)]
    if not running:
        raise Rejected(
            "no_consent",
            "participant_id has no running consent that names your organisation: ask them, through their worker",
            "participant_id",
        )
    fields = {field for each in running for field in each.fields}
    return sorted(fields), [each.consent_id for each in running]


def _refuse_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise Rejected("in_the_past", "until lies in the past: give a later time", "until")
