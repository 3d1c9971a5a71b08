"""SQL of figures: counts, and what was shown of them."""

from __future__ import annotations

from datetime import datetime

from services.exchange.domain.figures import Counts, Shown, Told
from shared.contracts.exchange import ExchangeMonth
from shared.messaging import Transaction


async def counted(tx: Transaction, neighbourhood_id: str, begins: datetime, ends: datetime) -> Counts:
    """What was opened, done and held between `begins` and `ends`, and by how many different people."""
    row = await tx.fetchrow(
        """
        WITH opening AS (
            SELECT participant_id, agreed_at,
                CASE WHEN first_yes_at >= opened_at THEN first_yes_at - opened_at END AS to_yes
            FROM exchange WHERE neighbourhood_id = $1 AND opened_at >= $2 AND opened_at < $3
        ), done AS (
            SELECT e.opening, e.participant_id AS opener_id, a.participant_id AS other_id
            FROM exchange AS e JOIN agreement AS a USING (exchange_id)
            WHERE e.neighbourhood_id = $1 AND e.stage = 'done' AND e.ended_at >= $2 AND e.ended_at < $3
                AND a.ended_at IS NULL AND a.agreed_at >= e.opened_at
        ), taking_part AS (
            SELECT opener_id AS participant_id, opening = 'offer' AS for_another FROM done
            UNION ALL SELECT other_id, opening = 'ask' FROM done
        ), meeting AS (
            SELECT gathering_id FROM gathering
            WHERE neighbourhood_id = $1 AND stage = 'held' AND starts_at >= $2 AND starts_at < $3
        )
        SELECT o.*, p.*, m.* FROM (
            SELECT count(*) AS opened, count(DISTINCT participant_id) AS openers,
                count(agreed_at) AS agreed,
                count(DISTINCT participant_id) FILTER (WHERE agreed_at IS NOT NULL) AS openers_agreed,
                count(DISTINCT participant_id) FILTER (WHERE agreed_at IS NULL) AS openers_not_agreed,
                extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY to_yes))::float8 / 86400 AS days_to_yes,
                count(DISTINCT participant_id) FILTER (WHERE to_yes IS NOT NULL) AS openers_with_yes
            FROM opening
        ) AS o CROSS JOIN (
            SELECT count(DISTINCT participant_id) AS people_in_exchanges,
                count(DISTINCT participant_id) FILTER (WHERE for_another) AS people_who_gave_a_turn
            FROM taking_part
        ) AS p CROSS JOIN (
            SELECT count(DISTINCT meeting.gathering_id) AS gatherings,
                count(DISTINCT guest.participant_id) AS people_at_gatherings
            FROM meeting LEFT JOIN guest ON guest.gathering_id = meeting.gathering_id AND guest.was_there
        ) AS m
        """,
        neighbourhood_id, begins, ends,
    )  # fmt: skip
    assert row is not None
    return Counts(**dict(row))


async def told_before(tx: Transaction, neighbourhood_id: str) -> Told:
    """All that was ever shown of people."""
    row = await tx.fetchrow(
        """
        SELECT array_remove(array_agg(DISTINCT people_in_exchanges), NULL) AS people_in_exchanges,
            array_remove(array_agg(DISTINCT people_who_gave_a_turn), NULL) AS people_who_gave_a_turn,
            array_remove(array_agg(DISTINCT people_in_exchanges - people_who_gave_a_turn), NULL) AS the_others,
            array_remove(array_agg(DISTINCT people_at_gatherings), NULL) AS people_at_gatherings
        FROM figure WHERE neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    assert row is not None
    return Told(**{name: values or () for name, values in row.items()})


async def keep(tx: Transaction, neighbourhood_id: str, month: str, shown: Shown) -> None:
    """What is shown of a month, once and for all."""
    await tx.execute(
        """
        INSERT INTO figure (
            neighbourhood_id, month, opened, agreed, days_to_yes, people_in_exchanges, people_who_gave_a_turn,
            gatherings, people_at_gatherings, made_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
        """,
        neighbourhood_id, month, shown.opened, shown.agreed, shown.days_to_yes, shown.people_in_exchanges,
        shown.people_who_gave_a_turn, shown.gatherings, shown.people_at_gatherings, tx.now,
    )  # fmt: skip


async def made(tx: Transaction, neighbourhood_id: str, month: str) -> bool:
    """Whether the figures of a month are made already."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM figure WHERE neighbourhood_id = $1 AND month = $2)", neighbourhood_id, month
        )
    )


async def between(tx: Transaction, neighbourhood_id: str, since: str, until: str) -> list[ExchangeMonth]:
    """The figures of these months that were made."""
    rows = await tx.fetch(
        """
        SELECT month, opened, agreed, days_to_yes, people_in_exchanges, people_who_gave_a_turn, gatherings,
            people_at_gatherings
        FROM figure WHERE neighbourhood_id = $1 AND month BETWEEN $2 AND $3 ORDER BY month
        """,
        neighbourhood_id, since, until,
    )  # fmt: skip
    return [ExchangeMonth(**dict(row)) for row in rows]


async def remove_old(tx: Transaction, before: datetime) -> int:
    """Figures of long ago."""
    status = await tx.execute("DELETE FROM figure WHERE made_at < $1", before)
    return int(status.rpartition(" ")[2])
