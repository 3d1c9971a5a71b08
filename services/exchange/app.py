"""The exchange service: small help and gatherings, and the limits of both."""

from __future__ import annotations

from services.exchange.config import Settings
from services.exchange.handlers import (
    leaving,
    people,
    ties,
)
from shared.messaging import Service

service = Service(
    "exchange",
    Settings,
    handlers=[
        leaving,
        people,
        ties,
    ],
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
