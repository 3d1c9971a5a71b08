"""What turns a handler into a reliable consumer."""

from shared.messaging.handlers import NotYetKnown, Rejected, handles
from shared.messaging.service import Service
from shared.messaging.transaction import Transaction

__all__ = ["NotYetKnown", "Rejected", "Service", "Transaction", "handles"]
