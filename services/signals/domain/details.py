"""What a service gets to know of a person: written by the worker, encrypted where it is kept, shown field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from services.signals.domain.consents import Consent
from services.signals.domain.referrals import Referral
from services.signals.secrecy import Sealed
from shared.contracts.signals import ReferralDetails, ReferralField, WriteDetails

FIELDS: tuple[ReferralField, ...] = get_args(ReferralField)


@dataclass(frozen=True, slots=True)
class Kept:
    """Details as they are kept."""

    sealed: Sealed
    filled: tuple[ReferralField, ...]
    """Which fields say something."""


def filled(command: WriteDetails) -> tuple[ReferralField, ...]:
    """Which fields say something."""
    return tuple(each for each in FIELDS if getattr(command, each))


def text(command: WriteDetails) -> str:
    """All of it in one text, to be encrypted."""
    return command.model_dump_json(exclude={"referral_id"})


def shown(
    referral: Referral, consent: Consent, details: Mapping[str, Any], fields: Collection[ReferralField]
) -> ReferralDetails:
    """The fields that the consent names; every other is left out."""
    return ReferralDetails(
        referral_id=referral.referral_id, service_id=referral.service_id, state=referral.state, until=consent.until,
        fields=list(fields), **{each: details.get(each) if each in fields else None for each in FIELDS},
    )  # fmt: skip


def visible(consent: Consent, kept: Kept) -> list[ReferralField]:
    """Of what the consent names, what there is."""
    return [each for each in FIELDS if each in consent.fields and each in kept.filled]
