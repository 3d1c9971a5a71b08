"""The notify service: who is told what, by mail or by a worker, and the pages behind the links in mails."""

from __future__ import annotations

from services.notify.config import Settings
from services.notify.handlers import (
    copy,
    digests,
    erasure,
    from_exchange,
    from_profiles,
    from_signals,
    mails,
    people,
    preferences,
    tasks,
)
from services.notify.pages.server import pages
from services.notify.retention import retention
from services.notify.sending.sender import sending
from shared.messaging import Service

service = Service(
    "notify",
    Settings,
    handlers=[
        copy,
        digests,
        erasure,
        from_exchange,
        from_profiles,
        from_signals,
        mails,
        people,
        preferences,
        tasks,
    ],
    retention=retention,
    beside=[sending, pages],
)


def main() -> None:
    """Run until SIGTERM."""
    service.main()
