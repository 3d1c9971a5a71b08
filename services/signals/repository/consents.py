"""SQL of consents to referrals."""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from services.signals.domain.consents import Consent
from shared.database import Record
from shared.messaging import Transaction

_COLUMNS = tuple(each.name for each in fields(Consent))
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))


async def add(tx: Transaction, consent: Consent) -> None:
    """A new consent."""
    values = [getattr(consent, name) for name in _COLUMNS]
    await tx.execute(f"INSERT INTO referral_consent ({_NAMES}) VALUES ({_PLACES})", *values)  # noqa: S608


async def end(tx: Transaction, consent: Consent) -> None:
    """That a consent ended, and how."""
    await tx.execute(
        "UPDATE referral_consent SET ended_at = $2, ending = $3 WHERE consent_id = $1",
        consent.consent_id, consent.ended_at, consent.ending,
    )  # fmt: skip


async def fetched(tx: Transaction, consent_id: UUID) -> None:
    """That the service fetched details under it; the first time counts."""
    await tx.execute(
        "UPDATE referral_consent SET fetched_at = $2 WHERE consent_id = $1 AND fetched_at IS NULL", consent_id, tx.now
    )


async def last(tx: Transaction, referral_id: UUID) -> Consent | None:
    """The consent that runs, or else the last that ran."""
    row = await tx.fetchrow(
        f"""
        SELECT {_NAMES} FROM referral_consent WHERE referral_id = $1
        ORDER BY ended_at IS NULL DESC, given_at DESC, consent_id DESC LIMIT 1
        """,  # noqa: S608 - constants
        referral_id,
    )
    return _from(row) if row else None


async def running(tx: Transaction, referral_id: UUID) -> Consent | None:
    """The consent that was not ended; its day may have passed."""
    row = await tx.fetchrow(
        f"SELECT {_NAMES} FROM referral_consent WHERE referral_id = $1 AND ended_at IS NULL",  # noqa: S608 - constants
        referral_id,
    )
    return _from(row) if row else None


def _from(row: Record) -> Consent:
    return Consent(**dict(row) | {"fields": tuple(row["fields"])})
