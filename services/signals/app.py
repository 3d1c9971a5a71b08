"""The signals service: signals, mediation, the directory, and referrals with their consents."""

from __future__ import annotations

from services.signals.config import Settings
from services.signals.handlers import leaving, people
from services.signals.retention import retention
from shared.messaging import Service

service = Service(
    "signals",
    Settings,
    handlers=[
        leaving,
        people,
    ],
    retention=retention,
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
