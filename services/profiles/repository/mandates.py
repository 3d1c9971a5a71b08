"""SQL of mandates and of consents other than for referrals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.profiles.domain.mandates import Consent, Mandate
from shared.database import Record
from shared.messaging import Transaction


async def keep_mandate(tx: Transaction, mandate: Mandate) -> None:
    """A mandate as it is from now on, new or known."""
    await tx.execute(
        """
        INSERT INTO mandate
            (mandate_id, participant_id, holder_id, on_word_of, recorded_by, given_at, until, ended_at, ending)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (mandate_id) DO UPDATE SET ended_at = excluded.ended_at, ending = excluded.ending
        """,
        mandate.mandate_id, mandate.participant_id, mandate.holder_id, mandate.on_word_of, mandate.recorded_by,
        mandate.given_at, mandate.until, mandate.ended_at, mandate.ending,
    )  # fmt: skip


async def mandate(tx: Transaction, mandate_id: UUID) -> Mandate | None:
    """One mandate, to change."""
    row = await tx.fetchrow("SELECT * FROM mandate WHERE mandate_id = $1 FOR UPDATE", mandate_id)
    return _mandate(row) if row else None


async def mandates(tx: Transaction, participant_id: UUID, after: UUID | None, limit: int) -> list[Mandate]:
    """Mandates for and of a person, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT * FROM mandate WHERE $1 IN (participant_id, holder_id) AND ($2::uuid IS NULL OR mandate_id > $2)
        ORDER BY mandate_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [_mandate(row) for row in rows]


async def running_mandates(tx: Transaction, participant_id: UUID) -> list[Mandate]:
    """Mandates for and of a person that haven't ended, to change."""
    rows = await tx.fetch(
        "SELECT * FROM mandate WHERE $1 IN (participant_id, holder_id) AND ended_at IS NULL FOR UPDATE",
        participant_id,
    )
    return [_mandate(row) for row in rows]


async def keep_consent(tx: Transaction, consent: Consent) -> None:
    """A consent as it is from now on, new or known."""
    await tx.execute(
        """
        INSERT INTO consent (
            consent_id, participant_id, purpose, fields, organisation_id, how, recorded_by, given_at, until,
            ended_at, ending
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (consent_id) DO UPDATE SET ended_at = excluded.ended_at, ending = excluded.ending
        """,
        consent.consent_id, consent.participant_id, consent.purpose, list(consent.fields), consent.organisation_id,
        consent.how, consent.recorded_by, consent.given_at, consent.until, consent.ended_at, consent.ending,
    )  # fmt: skip


async def consent(tx: Transaction, consent_id: UUID) -> Consent | None:
    """One consent, to change."""
    row = await tx.fetchrow("SELECT * FROM consent WHERE consent_id = $1 FOR UPDATE", consent_id)
    return _consent(row) if row else None


async def consents(tx: Transaction, participant_id: UUID, after: UUID | None, limit: int) -> list[Consent]:
    """Consents of a person, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT * FROM consent WHERE participant_id = $1 AND ($2::uuid IS NULL OR consent_id > $2)
        ORDER BY consent_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [_consent(row) for row in rows]


async def running_consents(tx: Transaction, participant_id: UUID) -> list[Consent]:
    """Consents of a person that run now."""
    rows = await tx.fetch(
        """
        SELECT * FROM consent WHERE participant_id = $1 AND ended_at IS NULL AND until > $2 ORDER BY consent_id
        """,
        participant_id, tx.now,
    )  # fmt: skip
    return [_consent(row) for row in rows]


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """What was of one entry is of the survivor; a mandate between the two means nothing any more."""
    values: tuple[Any, ...] = (double_id, survivor_id)
    await tx.execute(
        "DELETE FROM mandate WHERE (participant_id, holder_id) IN (($1::uuid, $2::uuid), ($2, $1))", *values
    )
    await tx.execute("UPDATE mandate SET participant_id = $2 WHERE participant_id = $1", *values)
    await tx.execute("UPDATE mandate SET holder_id = $2 WHERE holder_id = $1", *values)
    await tx.execute("UPDATE consent SET participant_id = $2 WHERE participant_id = $1", *values)
    await tx.execute("UPDATE fetch_log SET participant_id = $2 WHERE participant_id = $1", *values)


def _mandate(row: Record) -> Mandate:
    return Mandate(**dict(row))


def _consent(row: Record) -> Consent:
    return Consent(**{**dict(row), "fields": tuple(row["fields"])})
