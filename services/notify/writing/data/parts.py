"""What mails are made of: who reads, who is spoken of, what it is about, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.exchange import Often, Opening, When
from shared.policy import Policy

KINDS: dict[str, type[Mail]] = {}
"""Every kind of mail by its name, which is also the name of its template."""


# --- who reads, who is spoken of


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker, as those they work for may reach them."""

    name: str
    phone: str | None = None
    email: str | None = None
    role: Literal["worker", "coordinator"] = "worker"
    """What they are in the neighbourhood of who reads it."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """The other of two who have agreed: only then there is a name and a contact to give."""

    name: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """For whom a mail is written."""

    name: str
    language: str
    """One that there is no catalogue for falls back on the policy's first."""
    policy: Policy
    zone: ZoneInfo
    now: datetime
    """When it is written: what is said later of the same moment has a later one in its calendar file."""
    neighbourhood: str
    """As it is called in their language; for who belongs to none, the organisation."""
    email: str = ""
    acts_for: str | None = None
    """Whose mail it is, when it goes to who holds their mandate."""
    sender: str = ""
    """The address that mails come from: who organises what stands in a calendar."""
    worker: Worker | None = None
    """In whose name it is written, and who can be rung about it; null for workers themselves."""
    preferences_url: str | None = None
    """Where they choose what they get, without logging in."""


# --- what comes out


@dataclass(frozen=True)
class Attachment:
    """A file with a mail."""

    name: str
    type: str
    """`text/calendar`"""
    method: str
    """Of a calendar: `REQUEST`, `PUBLISH` or `CANCEL`; empty for anything else."""
    content: bytes


@dataclass(frozen=True)
class Composed:
    """A mail, ready to be sent: both parts say the same."""

    subject: str
    """One line, without a name or a kind that a lock screen should not show."""
    text: str
    html: str
    language: str
    attachments: tuple[Attachment, ...] = ()


# --- what mails are about


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One small thing between neighbours, as it may be told to who is asked: nothing says whose it is."""

    opening: Opening
    kind: str | None = None
    """Of the policy's list."""
    words: str | None = None
    when: When = field(default_factory=When)
    often: Often = "once"


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A gathering."""

    gathering_id: UUID
    version: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    bring: str | None = None
    host: str | None = None
    """Who welcomes people; null: the worker."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What every mail has: the page where it is acted upon."""

    kind: ClassVar[str] = ""
    url: str

    def __init_subclass__(cls, kind: str = "") -> None:
        if kind:
            cls.kind = kind
            KINDS[kind] = cls


@dataclass(frozen=True, kw_only=True)
class AboutThing(Mail):
    thing: Thing


@dataclass(frozen=True, kw_only=True)
class AboutAgreement(AboutThing):
    """Both sides have agreed: `others` is the first place where a name stands."""

    exchange_id: UUID
    version: int
    others: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AboutMeeting(Mail):
    meeting: Meeting


__all__ = [
    "KINDS",
    "AboutAgreement",
    "AboutMeeting",
    "AboutThing",
    "Attachment",
    "Composed",
    "Mail",
    "Meeting",
    "Neighbour",
    "Reader",
    "Thing",
    "Worker",
]
