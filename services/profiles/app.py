"""The profiles service: who is in the network, and who stands around them."""

from __future__ import annotations

from services.profiles.config import Settings
from services.profiles.handlers import (
    access,
    circles,
    doubles,
    duty,
    erasure,
    figures,
    mandates,
    participants,
    places,
    workers,
)
from services.profiles.retention import retention
from shared.messaging import Service

service = Service(
    "profiles",
    Settings,
    handlers=[participants, doubles, mandates, circles, erasure, access, workers, duty, places, figures],
    retention=retention,
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
