"""What a service tells whoever runs it: pages, metrics, traces, and logs in which no person stands."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import clock
from shared.contracts.envelope import Envelope
from shared.ids import new_id
from tests.messaging.conftest import Process, Toy, fetch
from tests.messaging.toy import Count, Made, Make, Noted
from tests.waiting import eventually


async def test_pages(surrounded: Toy) -> None:
    async with surrounded.running() as running:
        assert await fetch(running.health_port, "/livez") == (200, "ok\n")
        status, text = await fetch(running.health_port, "/readyz")
        parts = {"database": "ok", "nats": "ok", "consumers": "ok", "outbox": "ok"}
        assert (status, json.loads(text)) == (200, {"ready": True, "parts": parts})


async def test_not_ready_when_a_message_has_waited_too_long(surrounded: Toy) -> None:
    async with surrounded.running() as running:
        await surrounded.change_stream("EVENTS", max_msgs=0, max_bytes=1)
        await surrounded.client.get(Make(n=1))
        await surrounded.rows("UPDATE messaging.outbox SET written_at = written_at - interval '2 minutes'")

        async def says_so() -> bool:
            status, text = await fetch(running.health_port, "/readyz")
            return status == 503 and json.loads(text)["parts"]["outbox"] != "ok"

        await eventually(says_so)


async def test_metrics_have_the_names_that_dashboards_use(surrounded: Toy) -> None:
    async with surrounded.running() as running:
        await surrounded.do(Make(n=1))
        await surrounded.do(Make(n=2, how="reject"))
        await surrounded.do(Make(n=3, how="break"))
        id_ = await surrounded.client.send(Make(n=4))
        await surrounded.answer(id_)
        await surrounded.client.ask(Make(n=4), id=id_)
        await surrounded.idle()
        page = (await fetch(running.health_port, "/metrics"))[1]
    make = f'{{type="{Make.TYPE}"}}'
    for line in (
        f"weefsel_handler_seconds_count{make} 2.0",
        f"weefsel_rejected_total{make} 1.0",
        f"weefsel_failed_total{make} 4.0",
        f"weefsel_retried_total{make} 3.0",
        f"weefsel_dead_total{make} 1.0",
        "weefsel_duplicates_total 1.0",
        "weefsel_shared_replayed_total 0.0",
        'weefsel_published_total{stream="EVENTS"} 2.0',
        "weefsel_relay_lag_seconds 0.0",
        'weefsel_up{service="toy"} 1.0',
    ):
        assert line in page.splitlines(), f"{line}\n{page}"


@pytest.fixture(scope="session")
def spans() -> InMemorySpanExporter:
    """All spans of this process: OpenTelemetry lets its provider be set once."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


async def test_one_trace_runs_from_the_command_through_outbox_and_stream_to_the_event(
    spans: InMemorySpanExporter, toys: Toy
) -> None:
    spans.clear()
    senders = f"00-{'5e' * 16}-{'ab' * 8}-01"
    envelope = Envelope(id=new_id(), type=Make.TYPE, source="test", time=clock.now(), traceparent=senders)
    await toys.put("weefsel.v1.cmd.cli.toy.thing.make", b'{"n": 1}', envelope.headers())
    await eventually(lambda: toys.seen("made"))
    await toys.idle()
    by_name = {span.name: span for span in spans.get_finished_spans()}
    command, event = by_name[f"handle {Make.TYPE}"], by_name[f"handle {Made.TYPE}"]
    assert f"{command.context.trace_id:032x}" == f"{event.context.trace_id:032x}" == "5e" * 16
    assert command.parent is not None
    assert f"{command.parent.span_id:016x}" == "ab" * 8
    assert event.parent is not None
    assert event.parent.span_id == command.context.span_id


async def test_every_message_names_its_cause(toys: Toy) -> None:
    answer = await toys.do(Make(n=1))
    await toys.idle()
    ((_, _, headers),) = await toys.stored("EVENTS")
    assert headers["ce-causationid"] == headers["ce-correlationid"] == str(answer.id)


async def test_logs_hold_nothing_of_what_was_sent(surrounded: Toy, processes: Callable[..., Process]) -> None:
    """A name stands in every command, which then fails in every way there is."""
    marker = "Marie Marker"
    process = await processes(log_level="debug", log_format="json").ready()
    ways = ["break", "wrong-sql", "wrong-value", "constraint", "too-large", "no-subject", "two-at-once", "reject", ""]
    for how in ways:
        await surrounded.client.ask(Make(n=1, how=how, text=marker))
        await surrounded.do(Make(n=1, how=how, text=marker))
        await surrounded.publish(Noted(neighbourhood_id="here", n=1, how=how))
    await surrounded.client.ask(Count(how="break"))
    headers = Envelope(id=new_id(), type=Make.TYPE, source=marker, time=clock.now()).headers()
    subject = "weefsel.v1.cmd.cli.toy.thing.make"
    for data in (f'{{"n": "{marker}"}}', f'{{"n": 1, "names": {{"{marker}": "x"}}}}', f"{marker}"):
        await surrounded.put(subject, data.encode(), headers | {"ce-id": str(new_id()), "Nats-Msg-Id": str(new_id())})
        await surrounded.put(subject, data.encode(), {"ce-subject": marker, "Nats-Msg-Id": str(new_id())})
        event = Envelope(id=new_id(), type=Noted.TYPE, source=marker, time=clock.now()).headers()
        await surrounded.put("weefsel.v1.event.toy.here.thing.noted", data.encode(), event)
    await surrounded.idle()
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0
    lines = process.output().splitlines()
    assert [line for line in lines if "Marker" in line] == []
    events = [json.loads(line)["event"] for line in lines]
    assert "a message failed" in events
    assert "a message is now a dead letter" in events
