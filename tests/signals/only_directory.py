"""Signals as far as it is about the directory, and knows places: for tests that stand apart from all else it does."""

from __future__ import annotations

from services.signals.config import Settings
from services.signals.handlers import directory, directory_import, people
from shared.messaging import Service

service = Service("signals", Settings, handlers=[directory, directory_import, people])
