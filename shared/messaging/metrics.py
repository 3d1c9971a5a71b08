"""What a service counts, for Prometheus. One registry a service, so that several can run in one process."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest


class Metrics:
    """Handled, failed, retried, dead, duplicates, relay lag, handler time."""

    def __init__(self, service: str) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels: Any = {"registry": registry, "namespace": "weefsel"}
        self.handled = Histogram(
            "handler_seconds", "Time in the handler, by type; its count is what was handled", ["type"], **labels
        )
        self.failed = Counter("failed", "Attempts that failed, by type", ["type"], **labels)
        self.retried = Counter("retried", "Messages handed back for another attempt, by type", ["type"], **labels)
        self.rejected = Counter("rejected", "Commands answered 'rejected', by type", ["type"], **labels)
        self.dead = Counter("dead", "Messages that became dead letters, by type", ["type"], **labels)
        self.duplicates = Counter("duplicates", "Messages that had been handled before", **labels)
        self.replayed = Counter("shared_replayed", "Shared transactions that were replayed one by one", **labels)
        self.published = Counter("published", "Messages that the relay published, by stream", ["stream"], **labels)
        self.refused = Counter("refused", "Messages that a stream refused, by stream", ["stream"], **labels)
        self.relay_lag = Gauge("relay_lag_seconds", "Age of the oldest message that is not yet published", **labels)
        self.up = Gauge("up", "1 while the service runs", ["service"], **labels)
        self.up.labels(service).set(1)

    def page(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)
