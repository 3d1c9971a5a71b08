"""The exchange service: small help and gatherings, and the limits of both."""

from __future__ import annotations

from services.exchange.config import Settings
from shared.messaging import Service

service = Service("exchange", Settings, handlers=[])


def main() -> None:
    """Run until SIGTERM."""
    service.main()
