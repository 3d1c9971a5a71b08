"""The exchange service: small help and gatherings, and the limits of both."""

from __future__ import annotations

from services.exchange.config import Settings
from services.exchange.handlers import (
    afterwards,
    agreements,
    attention,
    calendar,
    copy,
    due,
    figures,
    gatherings,
    guests,
    invitations,
    invited,
    leaving,
    looking,
    opening,
    people,
    rounds,
    showing,
    ties,
    waiting,
)
from services.exchange.retention import retention
from shared.messaging import Service

service = Service(
    "exchange",
    Settings,
    handlers=[
        afterwards,
        agreements,
        attention,
        calendar,
        copy,
        due,
        figures,
        gatherings,
        guests,
        invitations,
        invited,
        leaving,
        looking,
        opening,
        people,
        rounds,
        showing,
        ties,
        waiting,
    ],
    retention=retention,
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
