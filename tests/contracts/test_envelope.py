"""The envelope: any headers are read or refused with reasons, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.envelope import Answer, Contract, Envelope, Malformed
from shared.contracts.types import ParticipantId, WorkerId
from shared.ids import new_id

REQUIRED = ["ce-id", "ce-type", "ce-time"]
OPTIONAL = ["ce-source", "ce-subject", "ce-correlationid", "ce-causationid", "ce-actor", "traceparent", "other"]
GOOD = {"ce-id": "0197f3a0-5c1e-7d2b-9a44-3f0e6c1b2d77", "ce-type": "a.b.c.v1", "ce-time": "2026-05-01T09:30:00Z"}
NAMES = st.sampled_from(REQUIRED + OPTIONAL)
WELL_FORMED = st.builds(
    Envelope,
    id=st.uuids(),
    type=st.from_regex(r"[a-z]+\.[a-z]+\.[a-z]+\.v[1-9]", fullmatch=True),
    source=st.sampled_from(["", "weefsel", "urn:partner:acme"]),
    time=st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30), timezones=st.just(UTC)),
    subject=st.sampled_from(["", "0197f3a0"]),
    correlation_id=st.none() | st.uuids(),
    causation_id=st.none() | st.uuids(),
    traceparent=st.sampled_from(["", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]),
    actor=st.sampled_from(["", "operator", f"worker:{new_id()}"]),
)


@given(WELL_FORMED)
def test_every_envelope_travels_through_headers(envelope: Envelope) -> None:
    headers = envelope.headers()
    assert Envelope.parse(headers) == envelope
    assert headers["Nats-Msg-Id"] == str(envelope.id)
    assert all(value.isprintable() for value in headers.values())


@given(st.dictionaries(NAMES, st.text(max_size=60)) | st.dictionaries(NAMES, st.text(max_size=60)).map(GOOD.__or__))
@example({"ce-time": "9999-12-31T23:59:59-14:00"})
@example({"ce-time": "1e400"})
@example({"ce-time": "0001-01-01T00:00:00+14:00"})
@example({"ce-id": "\x00", "ce-type": "\ud800", "ce-time": "now"})
@example({"ce-id": " ", "ce-type": "\t", "ce-time": "\n"})
def test_any_headers_are_read_or_refused_with_reasons(headers: dict[str, str]) -> None:
    try:
        envelope = Envelope.parse(headers)
    except Malformed as refused:
        assert refused.problems
        for problem in refused.problems:
            assert problem.code in ("missing", "malformed")
            assert problem.field in REQUIRED + OPTIONAL
            assert problem.field in problem.message
    else:
        assert envelope.type
        assert Envelope.parse(envelope.headers()) == envelope


def test_no_headers_at_all_name_each_that_is_missing() -> None:
    with pytest.raises(Malformed) as refused:
        Envelope.parse(None)
    assert [problem.field for problem in refused.value.problems] == REQUIRED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ce-id", "no-uuid"),
        ("ce-time", "yesterday"),
        ("ce-time", "2026-05-01T09:30:00"),
        ("ce-type", "a\x00b"),
        ("ce-correlationid", "7"),
        ("ce-actor", "worker:\x07"),
    ],
)
def test_a_wrong_header_is_named(field: str, value: str) -> None:
    with pytest.raises(Malformed) as refused:
        Envelope.parse(GOOD | {field: value})
    assert [(problem.code, problem.field) for problem in refused.value.problems] == [("malformed", field)]


class Visit(Contract):
    """A part that names someone."""

    participant_id: ParticipantId
    worker_id: WorkerId


class Nothing(Contract):
    """A part that names nobody."""

    worker_id: WorkerId


class Everywhere(Contract):
    """Names participants in each way that a field can."""

    one: ParticipantId
    maybe: ParticipantId | None = None
    many: list[ParticipantId] = []
    by_word: dict[str, ParticipantId] = {}
    by_person: dict[ParticipantId, str] = {}
    part: Visit | None = None
    parts: tuple[Visit, ...] = ()
    worker: WorkerId
    nobody: Nothing


def test_the_persons_that_a_message_names_are_found_wherever_they_stand() -> None:
    """Erasure looks for them in outbox, timers and dead letters."""
    ids: list[UUID] = [new_id() for _ in range(7)]
    worker = new_id()
    message = Everywhere(
        one=ids[0],
        maybe=ids[1],
        many=[ids[2]],
        by_word={"a": ids[3]},
        by_person={ids[4]: "b"},
        part=Visit(participant_id=ids[5], worker_id=worker),
        parts=(Visit(participant_id=ids[6], worker_id=worker),),
        worker=worker,
        nobody=Nothing(worker_id=worker),
    )
    assert sorted(message.persons()) == sorted(ids)


def test_a_message_that_names_nobody_has_no_persons() -> None:
    assert list(Answer(id=None, status="accepted").persons()) == []
