"""The exchange service: small help and gatherings, and the limits of both."""

from __future__ import annotations

from services.exchange.config import Settings
from services.exchange.handlers import (
    attention,
    copy,
    figures,
    leaving,
    people,
    rounds,
    ties,
)
from services.exchange.retention import retention
from shared.messaging import Service

service = Service(
    "exchange",
    Settings,
    handlers=[
        attention,
        copy,
        figures,
        leaving,
        people,
        rounds,
        ties,
    ],
    retention=retention,
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
