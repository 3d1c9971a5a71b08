"""SQL of what services may see of people: encrypted, and gone when the referral ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.signals.domain.details import Kept
from services.signals.secrecy import Sealed
from shared.contracts.signals import ReferralField
from shared.messaging import Transaction


async def keep(tx: Transaction, referral_id: UUID, kept: Kept) -> None:
    """The details of a referral from now on."""
    await tx.execute(
        """
        INSERT INTO referral_details (referral_id, token, key_id, filled) VALUES ($1, $2, $3, $4)
        ON CONFLICT (referral_id) DO UPDATE
        SET token = excluded.token, key_id = excluded.key_id, filled = excluded.filled
        """,
        referral_id, kept.sealed.token, kept.sealed.key_id, list(kept.filled),
    )  # fmt: skip


async def read(tx: Transaction, referral_id: UUID) -> Kept | None:
    """The details of a referral, still encrypted."""
    row = await tx.fetchrow("SELECT token, key_id, filled FROM referral_details WHERE referral_id = $1", referral_id)
    return Kept(Sealed(row["token"], row["key_id"]), tuple(row["filled"])) if row else None


async def filled(tx: Transaction, referral_id: UUID) -> list[ReferralField]:
    """Which details say something."""
    return list(await tx.fetchval("SELECT filled FROM referral_details WHERE referral_id = $1", referral_id) or [])


async def delete(tx: Transaction, referral_id: UUID) -> None:
    """The details of a referral that is over."""
    await tx.execute("DELETE FROM referral_details WHERE referral_id = $1", referral_id)


async def under_other_keys(
    tx: Transaction, key_ids: Collection[str], but: str, limit: int
) -> list[tuple[UUID, Sealed]]:
    """Details that one of these keys encrypted, but not that one; those that someone else is at are left out."""
    rows = await tx.fetch(
        """
        SELECT referral_id, token, key_id FROM referral_details WHERE key_id = ANY($1::text[]) AND key_id <> $2
        ORDER BY referral_id LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        list(key_ids), but, limit,
    )  # fmt: skip
    return [(row["referral_id"], Sealed(row["token"], row["key_id"])) for row in rows]


async def seal_anew(tx: Transaction, details: Sequence[tuple[UUID, Sealed]]) -> None:
    """The same details, under another key."""
    await tx.executemany(
        "UPDATE referral_details SET token = $2, key_id = $3 WHERE referral_id = $1",
        [(referral_id, sealed.token, sealed.key_id) for referral_id, sealed in details],
    )
