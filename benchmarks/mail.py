"""Mail: how fast it is written and handed over, how soon after an event, and how long a thousand digests take.

Notify runs as a process of its own, on real, synced servers; so does the mail server, which takes everything. In the
place of the services that notify asks, the benchmark answers at once: what they take is measured with them.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiosmtplib
import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.stack import NEIGHBOURHOOD, Stack, until
from deploy.embedded.process import Program, free_port
from deploy.own_secrets import LINK_SECRET, own_secrets
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Answer, Envelope, Event
from shared.contracts.exchange import NextStepReached
from shared.contracts.notify import DigestDue
from shared.ids import new_id

SERVICE, SENDERS = "notify", ("exchange", "profiles", "signals")
PACE = 20
"""Events a second."""
CONNECTIONS = 4
WORKERS = 1_000
SIZE = 9_000
"""Bytes of a mail, as notify writes it."""
_PEOPLE = """
INSERT INTO participant (participant_id, version, neighbourhood_id, name, languages, reached_by, email, quiet_from,
    quiet_until, status, mandate_holder_ids)
SELECT id, 1, $2, 'Jos Peeters', '{nl}', 'email', id || '@example.org', '03:00', '03:01', 'active', '{}'
FROM unnest($1::uuid[]) AS id
"""
_MAILS = """
INSERT INTO mail (mail_id, kind, to_kind, to_id, other_id, stage, due_at, made_at, neighbourhood_id, thread)
SELECT gen_random_uuid(), 'introduced', 'participant', id, $2, 'waiting', now(), now(), $3, gen_random_uuid()
FROM unnest($1::uuid[]) AS id
"""
_WORKERS = """
WITH places AS (
    INSERT INTO neighbourhood (neighbourhood_id, version, names, timezone, policy, organisation_id, retired)
    SELECT 'wijk-' || n, 1, '{"nl": "Wijk"}', 'Europe/Brussels', 'default', 'ldc', false
    FROM generate_series(1, cardinality($1::uuid[])) AS n
    ON CONFLICT (neighbourhood_id) DO UPDATE SET version = 1 RETURNING 1
), workers AS (
    INSERT INTO worker (worker_id, version, name, email, language, organisation_id, neighbourhood_ids, ended)
    SELECT id, 1, 'Marie Claes', id || '@example.org', 'nl', 'ldc', ARRAY['wijk-' || n], false
    FROM unnest($1::uuid[]) WITH ORDINALITY AS each (id, n) RETURNING 1
)
INSERT INTO duty (neighbourhood_id, version, worker_id, role)
SELECT 'wijk-' || n, 1, id, 'worker' FROM unnest($1::uuid[]) WITH ORDINALITY AS each (id, n)
"""


@dataclass
class Mail:
    """What was seen."""

    ours: list[float] = field(default_factory=list)
    """Mails a second, each round."""
    raw: list[float] = field(default_factory=list)
    event_to_smtp: list[float] = field(default_factory=list)
    """Seconds, each."""
    lost: int = 0
    digests: float = 0.0
    """Seconds for all of them."""


async def measure(stack: Stack, *, rounds: int, mails: int, seconds: int, tell: Callable[[str], None]) -> Mail:
    """`rounds` of `mails`, ours and raw in turns; then events at a calm pace; then a digest for every worker."""
    found = Mail()
    port = free_port()
    sink = Program("mail sink", [sys.executable, "-m", "benchmarks.mail_sink", str(port)], stack.folder / "sink.log")
    process = sink.start()
    try:
        await until(lambda: _answers(port), "the mail sink answers")
        await stack.admin.execute(
            "INSERT INTO neighbourhood (neighbourhood_id, version, names, timezone, policy, organisation_id, retired) "
            f"VALUES ('{NEIGHBOURHOOD}', 1, '{{\"nl\": \"Brugse Poort\"}}', 'Europe/Brussels', 'default', 'ldc', false)"
        )
        async with answering(stack) as people, _notify(stack, port):
            await _ours(stack, port, mails // 4)  # warm
            await stack.admin.execute("ANALYZE")  # as PostgreSQL does by itself within a minute
            for _ in range(rounds):
                found.ours.append(await _ours(stack, port, mails))
                found.raw.append(await _raw(port, mails))
                tell(f"{found.ours[-1]:,.0f} mails/s written and handed over; {found.raw[-1]:,.0f} raw")
            await _events(stack, port, people, seconds, found)
            tell(f"{len(found.event_to_smtp)} events at {PACE} a second, {found.lost} lost")
            found.digests = await _digests(stack, port)
            tell(f"{WORKERS} digests in {found.digests:.1f} s")
    finally:
        process.terminate()
        process.wait(10)
    return found


def environment(stack: Stack, port: int) -> dict[str, str]:
    """What notify reads beyond what every service does."""
    return {
        "WEEFSEL_DESK_CREDENTIALS": str(stack.keys.creds("desk")),
        "WEEFSEL_SECRET_FILE": str(own_secrets(stack.folder / "keys", SERVICE)[LINK_SECRET]),
        "WEEFSEL_SMTP_PORT": str(port), "WEEFSEL_SMTP_TLS": "none", "WEEFSEL_SMTP_RATE": "100000",
        "WEEFSEL_SMTP_CONNECTIONS": str(CONNECTIONS), "WEEFSEL_PAGES_PORT": str(free_port()),
        "WEEFSEL_SERVICES": ",".join((SERVICE, *SENDERS)),
    }  # fmt: skip


@asynccontextmanager
async def _notify(stack: Stack, port: int) -> AsyncIterator[None]:
    with stack.process("services.notify", **environment(stack, port)):
        yield


# --- written and handed over, beside raw


async def _ours(stack: Stack, port: int, mails: int) -> float:
    """Mails a second, from when they are due until the sink has the last."""
    ids = [new_id() for _ in range(mails)]
    await stack.admin.execute(_PEOPLE, ids, NEIGHBOURHOOD)
    await _said(port, b"XFORGET")
    started = time.perf_counter()
    await stack.admin.execute(_MAILS, ids, ids[0], NEIGHBOURHOOD)
    await _taken(port, mails)
    return mails / (time.perf_counter() - started)


async def _raw(port: int, mails: int) -> float:
    """One fixed message, over as many connections, and nothing kept of it."""
    message = b"Subject: raw\r\n\r\n" + (b"x" * 70 + b"\r\n") * (SIZE // 72)
    left = iter(range(mails))

    async def send() -> None:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await smtp.connect()
        for _ in left:
            await smtp.mail("weefsel@example.org")
            await smtp.rcpt("jos@example.org")
            await smtp.data(message)
        await smtp.quit()

    started = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return mails / (time.perf_counter() - started)


# --- from an event to the mail server


async def _events(stack: Stack, port: int, people: dict[UUID, UUID], seconds: int, found: Mail) -> None:
    """Invitations at a steady pace: told by exchange, asked of exchange, written, handed over."""
    ids = [new_id() for _ in range((seconds + 2) * PACE)]
    await stack.admin.execute(_PEOPLE, ids, NEIGHBOURHOOD)
    await _said(port, b"XFORGET")
    sent: dict[str, float] = {}
    async with _as(stack, "exchange") as exchange:
        begun = time.perf_counter()
        for number, id_ in enumerate(ids):
            await asyncio.sleep(max(0.0, begun + number / PACE - time.perf_counter()))
            people[invitation := new_id()] = id_
            sent[f"{id_}@example.org"] = time.time()
            await _publish(exchange, "exchange", NextStepReached(
                neighbourhood_id=NEIGHBOURHOOD, participant_id=id_, step="invited", exchange_id=new_id(),
                invitation_id=invitation,
            ))  # fmt: skip
        await _taken(port, len(ids), within=30)
    times = dict(json.loads(await _said(port, b"XTIMES")))
    warm = 2 * PACE
    found.event_to_smtp = [times[to] - at for to, at in list(sent.items())[warm:] if to in times]
    found.lost = len(ids) - len(times)


# --- digests


async def _digests(stack: Stack, port: int) -> float:
    """Seconds from the hour at which all workers want theirs until the sink has the last."""
    ids = [new_id() for _ in range(WORKERS)]
    await stack.admin.execute(_WORKERS, ids)
    await _said(port, b"XFORGET")
    async with _as(stack, SERVICE) as notify:
        started = time.perf_counter()
        for id_ in ids:
            await _publish(notify, SERVICE, DigestDue(worker_id=id_))
        await _taken(port, WORKERS, within=300)
        return time.perf_counter() - started


# --- the services that are asked


@asynccontextmanager
async def answering(stack: Stack) -> AsyncIterator[dict[UUID, UUID]]:
    """What exchange, signals and profiles would answer. Yields who is asked by which invitation."""
    people: dict[UUID, UUID] = {}
    spoken = [new_id() for _ in range(5)]
    await stack.admin.execute(_PEOPLE, spoken, NEIGHBOURHOOD)

    async def answer(message: Msg) -> None:
        headers = message.headers or {}
        result = _result(headers["ce-type"], json.loads(message.data), people, spoken)
        body = Answer(id=UUID(headers["ce-id"]), status="accepted", result=result).model_dump_json().encode()
        await message.respond(body)

    connections = [await _connect(stack, each) for each in SENDERS]
    for connection, service in zip(connections, SENDERS, strict=True):
        await connection.subscribe(subjects.requests_filter(service), cb=answer)
    try:
        yield people
    finally:
        for connection in connections:
            await connection.close()


def _result(type_: str, asked: dict[str, Any], people: dict[UUID, UUID], spoken: Sequence[UUID]) -> dict[str, Any]:
    now = datetime.now(UTC)
    thing = {"opening": "ask", "kind": "garden", "words": "De haag is te hoog geworden, wie snoeit mee?"}
    if type_.startswith("exchange.invitation.show"):
        return _invitation(UUID(asked["invitation_id"]), people[UUID(asked["invitation_id"])], now)
    if type_.startswith("exchange.waiting.show"):
        more = {"stage": "held", "other_id": str(spoken[4])}
        held = [_invitation(new_id(), each, now) | more for each in spoken[:3]]
        draft: dict[str, Any] = thing | {
            "exchange_id": str(new_id()), "neighbourhood_id": NEIGHBOURHOOD, "participant_id": str(spoken[3]),
            "when": {}, "stage": "draft", "half": True, "by_system": False, "why": None, "drafted_at": now.isoformat(),
        }  # fmt: skip
        nothing: list[Any] = []
        return {
            "invitations": held, "half": [draft], "doubted": nothing, "wishes": nothing, "handed_over": nothing,
            "gatherings": nothing, "attention": nothing,
        }  # fmt: skip
    empty = {"signal": "signals", "referral": "referrals", "visit": "visits"}
    return {empty[type_.split(".")[1]]: [], "next": None}


def _invitation(invitation_id: UUID, participant_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": str(invitation_id), "exchange_id": str(new_id()), "neighbourhood_id": NEIGHBOURHOOD,
        "participant_id": str(participant_id), "worker_id": None, "own": False, "opening": "ask", "kind": "garden",
        "words": "De haag is te hoog geworden, wie snoeit mee?", "when": {}, "often": "once", "minutes_on_foot": 5,
        "pleasure": None, "stage": "asked", "again": False, "asked_at": now.isoformat(),
        "answer_by": (now + timedelta(days=3)).isoformat(), "reasons": [],
    }  # fmt: skip


# --- talking


async def _connect(stack: Stack, name: str) -> Nats:
    return await nats.connect(
        stack.nats.url, user_credentials=str(stack.keys.creds(name)), inbox_prefix=f"_INBOX_{name}".encode()
    )


@asynccontextmanager
async def _as(stack: Stack, name: str) -> AsyncIterator[Nats]:
    connection = await _connect(stack, name)
    try:
        yield connection
    finally:
        await connection.close()


async def _publish(connection: Nats, service: str, event: Event) -> None:
    envelope = Envelope(id=new_id(), type=event.TYPE, source=f"{SOURCE}/{service}", time=datetime.now(UTC))
    await connection.jetstream().publish(
        subjects.event(event), event.model_dump_json().encode(), headers=envelope.headers(), stream=subjects.EVENTS
    )


async def _taken(port: int, mails: int, within: float = 120.0) -> None:
    """Wait until the sink has so many."""

    async def all_of_them() -> bool:
        return int((await _said(port, b"XSEEN")).split()[1]) >= mails

    await until(all_of_them, f"{mails} mails", within=within, every=0.05)


async def _said(port: int, word: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    await reader.readline()
    writer.write(word + b"\r\n")
    line = await reader.readline()
    writer.close()
    return line


async def _answers(port: int) -> bool:
    try:
        await _said(port, b"XSEEN")
    except OSError:
        return False
    return True


def figures(seen: Mail) -> dict[str, float]:
    """By key."""
    ratios = [ours / raw for ours, raw in zip(seen.ours, seen.raw, strict=True)]
    late = statistics.quantiles(seen.event_to_smtp, n=100, method="inclusive")
    return {
        "mail.per_s": round(statistics.median(seen.ours), 1),
        "mail.vs_raw_smtp": round(statistics.median(ratios), 3),
        "mail.event_to_smtp_p50_ms": round(1000 * late[49], 1),
        "mail.event_to_smtp_p99_ms": round(1000 * late[98], 1),
        "mail.event_to_smtp_lost": float(seen.lost),
        "mail.digest_1000_s": round(seen.digests, 1),
    }
