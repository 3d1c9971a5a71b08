"""SQL of where partners may act, and of the log of what was fetched."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.access import Grant
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import Fetch
from shared.database import Record
from shared.ids import new_id
from shared.messaging import Transaction


async def grant_of(tx: Transaction, partner: str) -> Grant | None:
    """Where a partner may act; None when it was granted nothing."""
    row = await tx.fetchrow("SELECT organisation_id, neighbourhood_ids FROM partner_grant WHERE partner = $1", partner)
    return grant_from(partner, row) if row else None


async def keep_grant(tx: Transaction, granted: PartnerGranted) -> None:
    """Where a partner may act from now on."""
    await tx.execute(
        """
        INSERT INTO partner_grant (partner, organisation_id, neighbourhood_ids) VALUES ($1, $2, $3)
        ON CONFLICT (partner) DO UPDATE
        SET organisation_id = excluded.organisation_id, neighbourhood_ids = excluded.neighbourhood_ids
        """,
        granted.partner, granted.organisation_id, list(granted.neighbourhood_ids),
    )  # fmt: skip


async def drop_grant(tx: Transaction, partner: str) -> None:
    """A partner that is gone may act nowhere."""
    await tx.execute("DELETE FROM partner_grant WHERE partner = $1", partner)


async def log_fetch(
    tx: Transaction,
    participant_id: UUID,
    by: str,
    fields: Sequence[str],
    *,
    organisation_id: str | None = None,
    consent_ids: Sequence[UUID] = (),
) -> None:
    """That someone saw these fields of a person now, and which consents allowed it."""
    await tx.execute(
        """
        INSERT INTO fetch_log (fetch_id, participant_id, fetched_at, fetched_by, organisation_id, consent_ids, fields)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        new_id(), participant_id, tx.now, by, organisation_id, list(consent_ids), list(fields),
    )  # fmt: skip


async def fetches(tx: Transaction, participant_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, Fetch]]:
    """Who fetched details of a person, the oldest first, each with its id."""
    rows = await tx.fetch(
        """
        SELECT fetch_id, fetched_at AS at, fetched_by AS by, organisation_id, consent_ids, fields FROM fetch_log
        WHERE participant_id = $1 AND ($2::uuid IS NULL OR fetch_id > $2) ORDER BY fetch_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [(row["fetch_id"], Fetch.model_validate(dict(row))) for row in rows]


def grant_from(partner: str, row: Record) -> Grant | None:
    if row["organisation_id"] is None:
        return None
    return Grant(partner, row["organisation_id"], frozenset(row["neighbourhood_ids"]))
