"""The signals service: signals, mediation, the directory, and referrals with their consents."""

from __future__ import annotations

from services.signals.config import Settings
from services.signals.handlers import (
    asked,
    climbing,
    consents,
    copy,
    details,
    directory,
    directory_import,
    ending,
    figures,
    gatherings,
    leaving,
    mediation,
    notes,
    noticing,
    people,
    raising,
    referrals,
    referrals_answers,
    referrals_due,
    referrals_showing,
    showing,
    working,
)
from services.signals.retention import retention
from shared.messaging import Service

service = Service(
    "signals",
    Settings,
    handlers=[
        asked,
        climbing,
        consents,
        copy,
        details,
        directory,
        directory_import,
        ending,
        figures,
        gatherings,
        leaving,
        mediation,
        notes,
        noticing,
        people,
        raising,
        referrals,
        referrals_answers,
        referrals_due,
        referrals_showing,
        showing,
        working,
    ],
    retention=retention,
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
