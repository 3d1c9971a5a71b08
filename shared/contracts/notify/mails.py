"""Mails: that one goes out, to whom and when. What it says is kept nowhere."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Email, Language, Moment, ParticipantId, Token, WorkerId

MailStage = Literal["waiting", "sent", "moot", "by-worker", "gathered", "refused", "dead"]
"""`waiting`: until it is due, or for another attempt. `sent`: the mail server took it. `moot`: by the time it was due
there was nothing left to tell. `by-worker`: it became a task. `gathered`: it stood in a digest. `refused`: the address
takes no mail. `dead`: it can't be sent; an operator looks at it."""
MailTo = Literal["participant", "worker", "contact", "municipality", "operator"]
"""`contact`: of the service of a referral. `operator`: a mail to try out."""

_MAIL = "019a7e00-0a10-7c00-8000-1f2e3d4c5b6b"
_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"


class MailRef(Contract):
    """A mail, as answer to a command about it."""

    mail_id: UUID
    stage: MailStage


class MailSummary(Contract):
    """A mail, without what it says and without an address."""

    mail_id: UUID
    kind: Token
    to: MailTo
    to_id: UUID | None
    """A participant, a worker, or the referral of a contact."""
    stage: MailStage
    due_at: Moment
    attempts: int
    reason: str | None
    """Why it was not sent so far, in the words of this system or of the mail server; never with an address."""
    made_at: Moment
    ended_at: Moment | None


class MailPage(Contract):
    """A page of mails, the latest first."""

    mails: list[MailSummary]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListMails(Query, type="notify.mail.list.v1", result=MailPage):
    """What waits, went out or can't, for operators; workers see what went to a participant, or to themselves."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"stage": "dead"}
    stage: MailStage | None = None
    participant_id: ParticipantId | None = None
    worker_id: WorkerId | None = None
    after: UUID | None = None
    limit: Limit = 50


class MailCounts(Contract):
    """How many mails stand where."""

    waiting: int
    late: int
    """Of these, how many were due more than five minutes ago."""
    sent: int
    dead: int
    refused: int
    oldest_due_at: Moment | None
    """Of what is due and waits."""


class CountMails(Query, type="notify.mail.count.v1", result=MailCounts):
    """How the queue stands, for operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}


class ShowMail(Query, type="notify.mail.show.v1", result=MailSummary):
    """One mail, for operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"mail_id": _MAIL}
    mail_id: UUID


class RetryMail(Command, type="notify.mail.retry.v1", result=MailRef):
    """By an operator: what is dead, or waits for another attempt, is tried now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"mail_id": _MAIL}
    mail_id: UUID


class SendTestMail(Command, type="notify.mail.test.v1", result=MailRef):
    """By an operator: a mail to see whether mail arrives. The address is forgotten once it is sent."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"address": "jef@example.org", "language": "nl"}
    address: Email
    language: Language = "nl"


class AddressRef(Contract):
    """Whose address it is."""

    participant_id: ParticipantId
    takes_mail: bool


class TryAddressAgain(Command, type="notify.address.try-again.v1", result=AddressRef):
    """By a worker or an operator: an address that took no mail is written to again. Another address is so by itself."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JOS}
    participant_id: ParticipantId


class ShowAddress(Query, type="notify.address.show.v1", result=AddressRef):
    """Whether someone's address takes mail, for workers; their worker was told when it stopped doing so."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JOS}
    participant_id: ParticipantId


__all__ = [
    "AddressRef",
    "CountMails",
    "ListMails",
    "MailCounts",
    "MailPage",
    "MailRef",
    "MailStage",
    "MailSummary",
    "MailTo",
    "RetryMail",
    "SendTestMail",
    "ShowAddress",
    "ShowMail",
    "TryAddressAgain",
]
