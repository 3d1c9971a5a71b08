"""The notify service: who is told what, by mail or by a worker, and the pages behind the links in mails."""

from __future__ import annotations

from services.notify.config import Settings
from services.notify.handlers import erasure, people
from services.notify.pages.server import pages
from shared.messaging import Service

service = Service("notify", Settings, handlers=[erasure, people], beside=[pages])


def main() -> None:
    """Run until SIGTERM."""
    service.main()
