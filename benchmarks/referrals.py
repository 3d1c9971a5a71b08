"""Referrals that services answer: two hundred transitions a second, through real NATS and the real service.

Each is a request of a contact person, as notify's pages send it, and the clock stops when it is answered, after
its transaction has committed. They go out evenly, whether earlier ones were answered or not.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from benchmarks.load import Load
from benchmarks.stack import Stack, until
from deploy.own_secrets import NOTES_KEYS, own_secrets
from shared.contracts.envelope import Command
from shared.contracts.signals import HoldReferral, LookAtReferral, StartReferral
from shared.ids import new_id

SERVICE = "signals"
PACE = 200
"""Transitions a second."""
REFERRALS = 1_000
"""Open ones that the service has, as many again that are over, and each a consent that runs."""
_PLACE = """
INSERT INTO neighbourhood (neighbourhood_id, version, timezone, policy, organisation_id, cells, retired)
VALUES ('brugse-poort', 1, 'Europe/Brussels', 'default', 'ldc', '{}', false);
INSERT INTO directory_source (source, title, import_id, finished) VALUES ('bench', 'Bench', gen_random_uuid(), true);
INSERT INTO service (
    service_id, source, organisation_id, organisation_name, name, topics, email, phones, addresses, opening_hours,
    language, languages, kinds, stepping_stone, capacity, areas, places, schedules, retired, digest, sort_key, words
) VALUES (
    'poets', 'bench', 'organisation', 'Zorgpunt', 'Poetshulp', '', 'info@zorgpunt.example', '{}', '{}', '{}',
    'nl', '{nl}', '{household}', false, 'unknown', '{*}', '{}', '[]', false, '', '', ''
);
"""
_REFERRALS = """
WITH made AS (
    INSERT INTO referral (
        referral_id, version, neighbourhood_id, participant_id, service_id, kind, state, outcome, drafted_at,
        requested_at, answered_at, ended_at, decide_by
    )
    SELECT id, 3, 'brugse-poort', gen_random_uuid(), 'poets', 'household', CASE WHEN over THEN 'completed' ELSE
        'accepted' END, CASE WHEN over THEN 'helped' END, now(), now(), now(), CASE WHEN over THEN now() END,
        CASE WHEN over THEN NULL ELSE now() + interval '14 days' END
    FROM unnest($1::uuid[], $2::boolean[]) AS each (id, over) RETURNING referral_id
)
INSERT INTO referral_consent (consent_id, referral_id, fields, until, how, on_word_of, recorded_by, given_at)
SELECT gen_random_uuid(), referral_id, '{name}', now() + interval '90 days', 'spoken', 'participant', 'operator', now()
FROM made
"""


@dataclass
class Transitions:
    """Seconds from each request to its answer, and how many had none, or a refusal."""

    took: list[float]
    lost: int


def environment(stack: Stack) -> dict[str, str]:
    """What the service reads beyond what every service does."""
    return {"WEEFSEL_NOTES_KEYS_FILE": str(own_secrets(stack.folder / "keys", SERVICE)[NOTES_KEYS])}


async def prepare(stack: Stack) -> list[UUID]:
    """A neighbourhood, a service, and referrals: those that are open are returned."""
    await stack.admin.execute(_PLACE)
    ids = [new_id() for _ in range(2 * REFERRALS)]
    await stack.admin.execute(_REFERRALS, ids, [number >= REFERRALS for number in range(2 * REFERRALS)])
    await stack.admin.execute("ANALYZE")
    return ids[:REFERRALS]


async def measure(stack: Stack, *, seconds: int, tell: Callable[[str], None]) -> Transitions:
    """`seconds` of transitions at a steady pace, after two that warm up."""
    moves = _moves(await prepare(stack))
    async with Load.connected(stack) as load:
        with stack.process("services.signals", **environment(stack)):
            await until(lambda: answers(load), "signals answers")
            await _paced(load, list(itertools.islice(moves, 2 * PACE)))
            seen = await _paced(load, list(itertools.islice(moves, seconds * PACE)))
    took = [each for each in seen if each is not None]
    tell(f"{len(seen)} transitions at {PACE} a second, {len(seen) - len(took)} lost")
    return Transitions(took, len(seen) - len(took))


def _moves(ids: list[UUID]) -> Iterator[tuple[UUID, Command]]:
    """Each referral begins, waits, goes on, waits: one after the other, and then again."""
    kinds: Iterator[Callable[[UUID], Command]] = itertools.cycle(
        [lambda id_: StartReferral(referral_id=id_), lambda id_: HoldReferral(referral_id=id_, reason="waiting-list")]
    )
    while True:
        make = next(kinds)
        for id_ in ids:
            yield id_, make(id_)


async def answers(load: Load) -> bool:
    """Whether the service runs: it refuses what it doesn't know."""
    try:
        await load.senders[1].ask(LookAtReferral(referral_id=new_id()), actor=f"contact:{new_id()}", timeout=1)
    except Exception:  # noqa: BLE001 - not yet
        return False
    return True


async def _paced(load: Load, moves: list[tuple[UUID, Command]]) -> list[float | None]:
    """Send them evenly. Returns what each took; None for what was not done."""
    started, sends = time.perf_counter(), []
    for number, (id_, command) in enumerate(moves):
        await asyncio.sleep(max(0.0, started + number / PACE - time.perf_counter()))
        sends.append(asyncio.create_task(_ask(load, id_, command)))
    return await asyncio.gather(*sends)


async def _ask(load: Load, id_: UUID, command: Command) -> float | None:
    at = time.perf_counter()
    try:
        answer = await load.senders[1].ask(command, actor=f"contact:{id_}")
    except Exception:  # noqa: BLE001 - counted as lost
        return None
    return time.perf_counter() - at if answer.status == "accepted" else None
