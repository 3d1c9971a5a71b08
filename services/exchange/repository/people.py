"""SQL of what profiles tells: people, places, who is on duty, and where partners may act."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from services.exchange.domain.enjoyments import Enjoyed
from services.exchange.domain.people import Neighbourhood, Person
from shared.access import Grant
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import (
    CircleKept,
    ConsentsKept,
    DutyKept,
    NeighbourhoodKept,
    ParticipantKept,
    RunningConsent,
)
from shared.database import Record
from shared.messaging import Transaction


async def person(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to look at."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1", participant_id)
    return person_from(row) if row else None


async def present(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, who stays as they are until this transaction ends: a pause or a leave waits for it."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR SHARE", participant_id)
    return person_from(row) if row else None


async def locked(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to change: who reads them as `present` waits."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR UPDATE", participant_id)
    return person_from(row) if row else None


async def keep(tx: Transaction, state: ParticipantKept, enjoyed: Iterable[Enjoyed], *, afresh: bool) -> Person:
    """A participant as profiles tells them; `afresh` when they come, or come back: that is a sign of life."""
    row = await tx.fetchrow(
        """
        INSERT INTO participant (
            participant_id, version, neighbourhood_id, status, paused_until, out_of_matching, languages, cell,
            availability, ceiling, quiet_from, quiet_until, reached_by, mandate_holder_ids, known_since, heard_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
        ON CONFLICT (participant_id) DO UPDATE SET
            version = excluded.version, neighbourhood_id = excluded.neighbourhood_id, status = excluded.status,
            paused_until = excluded.paused_until, out_of_matching = excluded.out_of_matching,
            languages = excluded.languages, cell = excluded.cell, availability = excluded.availability,
            ceiling = excluded.ceiling, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
            reached_by = excluded.reached_by, mandate_holder_ids = excluded.mandate_holder_ids,
            heard_at = CASE WHEN $16 THEN greatest(participant.heard_at, $15) ELSE participant.heard_at END,
            silence_told_at = CASE WHEN $16 THEN NULL ELSE participant.silence_told_at END
        RETURNING *
        """,
        state.participant_id, state.version, state.neighbourhood_id, state.status, state.paused_until,
        state.out_of_matching, list(state.languages), state.cell,
        sorted({f"{slot.weekday}-{slot.part}" for slot in state.availability}), state.ceiling,
        state.quiet_hours.start if state.quiet_hours else None, state.quiet_hours.end if state.quiet_hours else None,
        state.reached_by or "letter", list(state.mandate_holder_ids), tx.now, afresh,
    )  # fmt: skip
    assert row is not None
    await _keep_enjoyments(tx, state, enjoyed)
    return person_from(row)


async def drop(tx: Transaction, participant_id: UUID) -> None:
    """A participant who is gone, with what they enjoy."""
    await tx.execute("DELETE FROM participant WHERE participant_id = $1", participant_id)


async def keep_circle(tx: Transaction, state: CircleKept) -> None:
    """Who is in someone's circle; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO circle (participant_id, version, member_ids) VALUES ($1, $2, $3)
        ON CONFLICT (participant_id) DO UPDATE SET version = excluded.version, member_ids = excluded.member_ids
        WHERE circle.version < excluded.version
        """,
        state.participant_id, state.version, list(state.member_ids),
    )  # fmt: skip


async def drop_circle(tx: Transaction, participant_id: UUID) -> None:
    await tx.execute("DELETE FROM circle WHERE participant_id = $1", participant_id)


async def keep_consents(tx: Transaction, state: ConsentsKept) -> None:
    """What someone consents to; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO consents (participant_id, version, running) VALUES ($1, $2, $3)
        ON CONFLICT (participant_id) DO UPDATE SET version = excluded.version, running = excluded.running
        WHERE consents.version < excluded.version
        """,
        state.participant_id, state.version, json.dumps([each.model_dump(mode="json") for each in state.running]),
    )  # fmt: skip


async def drop_consents(tx: Transaction, participant_id: UUID) -> None:
    await tx.execute("DELETE FROM consents WHERE participant_id = $1", participant_id)


async def running_consents(tx: Transaction, participant_id: UUID) -> list[RunningConsent]:
    """What someone consents to now."""
    running = await tx.fetchval("SELECT running FROM consents WHERE participant_id = $1", participant_id)
    found = [RunningConsent.model_validate(each) for each in json.loads(running or "[]")]
    return [each for each in found if each.until > tx.now]


async def keep_neighbourhood(tx: Transaction, state: NeighbourhoodKept) -> bool:
    """A neighbourhood as profiles tells it. False when what is held is as new."""
    return await _newer(
        tx,
        """
        INSERT INTO neighbourhood (neighbourhood_id, version, timezone, policy, retired) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET version = excluded.version, timezone = excluded.timezone,
            policy = excluded.policy, retired = excluded.retired
        WHERE neighbourhood.version < excluded.version
        """,
        state.neighbourhood_id, state.version, state.timezone, state.policy, state.retired or state.removed,
    )  # fmt: skip


async def keep_duty(tx: Transaction, state: DutyKept) -> None:
    """The worker on duty in a neighbourhood; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO duty (neighbourhood_id, version, worker_id) VALUES ($1, $2, $3)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET version = excluded.version, worker_id = excluded.worker_id
        WHERE duty.version < excluded.version
        """,
        state.neighbourhood_id, state.version, state.worker_id,
    )  # fmt: skip


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


async def survivor(tx: Transaction, participant_id: UUID) -> UUID | None:
    """Under which entry this person goes on; None when it was not merged."""
    id_: UUID | None = await tx.fetchval(
        "SELECT survivor_id FROM merged_entry WHERE participant_id = $1", participant_id
    )
    return id_


async def neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood, and the worker on duty there."""
    row = await tx.fetchrow(
        """
        SELECT n.neighbourhood_id, n.timezone, n.policy, n.retired, d.worker_id
        FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id) WHERE n.neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    return Neighbourhood(**dict(row)) if row else None


async def running_neighbourhoods(tx: Transaction, neighbourhood_ids: Collection[str]) -> list[Neighbourhood]:
    """Those of these that there are and that have not ended, each with the worker on duty there."""
    rows = await tx.fetch(
        """
        SELECT n.neighbourhood_id, n.timezone, n.policy, n.retired, d.worker_id
        FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id)
        WHERE n.neighbourhood_id = ANY($1::text[]) AND NOT n.retired ORDER BY n.neighbourhood_id
        """,
        list(neighbourhood_ids),
    )  # fmt: skip
    return [Neighbourhood(**dict(row)) for row in rows]


async def grant_of(tx: Transaction, partner: str) -> Grant | None:
    """Where a partner may act; None when it was granted nothing."""
    row = await tx.fetchrow("SELECT organisation_id, neighbourhood_ids FROM partner_grant WHERE partner = $1", partner)
    return Grant(partner, row["organisation_id"], frozenset(row["neighbourhood_ids"])) if row else None


async def heard_of(tx: Transaction, participant_id: UUID) -> None:
    """Someone gave a sign of life: they are not silent."""
    await tx.execute(
        """
        UPDATE participant SET heard_at = greatest(heard_at, $2), silence_told_at = NULL WHERE participant_id = $1
        """,
        participant_id, tx.now,
    )  # fmt: skip


async def visited(tx: Transaction, participant_id: UUID, at: datetime) -> None:
    """A worker spoke with someone at that moment; a visit of before they fell silent doesn't end it."""
    await tx.execute(
        """
        UPDATE participant SET heard_at = $2, silence_told_at = NULL WHERE participant_id = $1 AND heard_at < $2
        """,
        participant_id, min(at, tx.now),
    )  # fmt: skip


async def _keep_enjoyments(tx: Transaction, state: ParticipantKept, enjoyed: Iterable[Enjoyed]) -> None:
    await tx.execute("DELETE FROM enjoyment WHERE participant_id = $1", state.participant_id)
    await tx.executemany(
        """
        INSERT INTO enjoyment (participant_id, part, kind, words, neighbourhood_id, cell)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [(state.participant_id, each.part, each.kind, each.words, state.neighbourhood_id, state.cell)
         for each in enjoyed],
    )  # fmt: skip


async def _newer(tx: Transaction, sql: str, *values: object) -> bool:
    return (await tx.execute(sql, *values)).endswith(" 1")


def person_from(row: Record) -> Person:
    return Person(
        **{name: row[name] for name in (
            "participant_id", "version", "neighbourhood_id", "status", "paused_until", "out_of_matching", "cell",
            "ceiling", "quiet_from", "quiet_until", "reached_by", "heard_at",
        )},
        languages=tuple(row["languages"]), availability=tuple(row["availability"]),
        mandate_holder_ids=tuple(row["mandate_holder_ids"]),
    )  # fmt: skip
