"""Links, sessions and how often the pages are used, as they are kept: hashes, never a token or an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notify.domain.links import Link, Session
from shared.messaging import Transaction


async def keep(tx: Transaction, link: Link) -> None:
    """A new link."""
    await keep_all(tx, [link])


async def keep_all(tx: Transaction, links: Sequence[Link]) -> None:
    """New links."""
    columns = zip(*((link.digest, link.holder_kind, link.holder_id, link.purpose, link.matter_id, link.acts_for,
                     link.detail, link.made_at, link.expires_at) for link in links), strict=True)  # fmt: skip
    if links:
        await tx.execute(
            """INSERT INTO link (digest, holder_kind, holder_id, purpose, matter_id, acts_for, detail, made_at,
                   expires_at)
               SELECT * FROM unnest($1::bytea[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[],
                   $7::text[], $8::timestamptz[], $9::timestamptz[])""",
            *columns,
        )  # fmt: skip


async def find(tx: Transaction, digest: bytes) -> Link | None:
    """The link that is kept under this hash."""
    row = await tx.fetchrow("SELECT * FROM link WHERE digest = $1", digest)
    return Link(**row) if row else None


async def use(tx: Transaction, digest: bytes, command_id: UUID | None = None) -> bool:
    """It has done what it is for. False when it had before, or may not any more."""
    return bool(
        await tx.fetchval(
            """UPDATE link SET used_at = $2, used_for = $3
               WHERE digest = $1 AND used_at IS NULL AND revoked_at IS NULL RETURNING true""",
            digest, tx.now, command_id,
        )
    )  # fmt: skip


async def revoke(
    tx: Transaction, *, holder_id: UUID | None = None, matter_id: UUID | None = None, purpose: str | None = None
) -> None:
    """End all links of someone, or about something, or of these those for one purpose."""
    await tx.execute(
        """UPDATE link SET revoked_at = $1
           WHERE revoked_at IS NULL AND ($2::uuid IS NULL OR holder_id = $2) AND ($3::uuid IS NULL OR matter_id = $3)
             AND ($4::text IS NULL OR purpose = $4) AND ($2::uuid IS NOT NULL OR $3::uuid IS NOT NULL)""",
        tx.now, holder_id, matter_id, purpose,
    )  # fmt: skip


async def start_session(tx: Transaction, session: Session) -> None:
    """Someone has opened their own page, or the desk."""
    await tx.execute(
        """INSERT INTO page_session (digest, holder_kind, holder_id, acts_for, started_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        session.digest, session.holder_kind, session.holder_id, session.acts_for, tx.now, session.expires_at,
    )  # fmt: skip


async def session(tx: Transaction, digest: bytes) -> Session | None:
    """The session under this hash that still runs."""
    row = await tx.fetchrow(
        """SELECT digest, holder_kind, holder_id, acts_for, expires_at FROM page_session
           WHERE digest = $1 AND expires_at > $2""",
        digest, tx.now,
    )  # fmt: skip
    return Session(**row) if row else None


async def act_for(tx: Transaction, digest: bytes, participant_id: UUID | None) -> None:
    """From now on this session acts for someone else, or for themselves again."""
    await tx.execute("UPDATE page_session SET acts_for = $2 WHERE digest = $1", digest, participant_id)


async def end_session(tx: Transaction, digest: bytes) -> None:
    """They closed it."""
    await tx.execute("DELETE FROM page_session WHERE digest = $1", digest)


async def forget(tx: Transaction, holder_id: UUID) -> None:
    """Nothing of someone stays: who is erased, or ended as a worker."""
    await tx.execute("DELETE FROM link WHERE $1 IN (holder_id, matter_id, acts_for)", holder_id)
    await tx.execute("DELETE FROM page_session WHERE $1 IN (holder_id, acts_for)", holder_id)


async def pass_to(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Two entries were one person: the links of the one are the other's."""
    await tx.execute("UPDATE link SET holder_id = $2 WHERE holder_id = $1", double_id, survivor_id)
    await tx.execute("UPDATE link SET matter_id = $2 WHERE matter_id = $1", double_id, survivor_id)
    await tx.execute("UPDATE link SET acts_for = $2 WHERE acts_for = $1", double_id, survivor_id)
    await tx.execute("UPDATE page_session SET holder_id = $2 WHERE holder_id = $1", double_id, survivor_id)


async def count_use(tx: Transaction, key: bytes, until: datetime) -> int:
    """How often this was used in the window that runs, this time included; a new window ends at `until`."""
    times: int = await tx.fetchval(
        """INSERT INTO page_use AS p (key, times, until) VALUES ($1, 1, $2)
           ON CONFLICT (key) DO UPDATE SET
               times = CASE WHEN p.until <= $3 THEN 1 ELSE p.times + 1 END,
               until = CASE WHEN p.until <= $3 THEN excluded.until ELSE p.until END
           RETURNING times""",
        key, until, tx.now,
    )  # fmt: skip
    return times


async def expire(tx: Transaction, before: datetime) -> int:
    """Drop links that ended before a moment, and sessions and counts that are over. Returns how many links went."""
    await tx.execute("DELETE FROM page_session WHERE expires_at <= $1", tx.now)
    await tx.execute("DELETE FROM page_use WHERE until <= $1", tx.now)
    gone = await tx.fetch("DELETE FROM link WHERE expires_at <= $1 RETURNING 1", before)
    return len(gone)
