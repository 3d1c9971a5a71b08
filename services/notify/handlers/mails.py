"""The queue of mails, for who looks after it; and an address that takes no mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.notify.domain.mails import NOTHING, Mail
from services.notify.repository import mails as repository
from services.notify.repository import people, preferences
from shared.access import STAFF, Actor, Kind, who
from shared.contracts.notify import (
    AddressRef,
    CountMails,
    ListMails,
    MailCounts,
    MailPage,
    MailRef,
    MailSummary,
    MailTo,
    RetryMail,
    SendTestMail,
    ShowAddress,
    ShowMail,
    TryAddressAgain,
)
from shared.messaging import Rejected, Transaction, handles

LATE = timedelta(minutes=5)
OPERATOR: frozenset[Kind] = frozenset({"operator"})


@handles(ListMails)
async def list_mails(query: ListMails, tx: Transaction) -> MailPage:
    """What waits, went out or can't. A worker sees what went to one participant, or to themselves."""
    actor = who(tx, STAFF)
    to_id = query.participant_id or query.worker_id
    if actor.kind == "worker" and not query.participant_id and to_id != _own(actor):
        raise Rejected("missing", "participant_id is missing: say whose mails, or give your own worker_id", "worker_id")
    to: MailTo | None = "participant" if query.participant_id else "worker" if to_id else None
    seen_by = actor.uuid if actor.kind == "worker" else None
    found = await repository.page(tx, query.stage, to, to_id, query.after, query.limit + 1, seen_by)
    shown = [_shown(each) for each in found[: query.limit]]
    return MailPage(mails=shown, next=shown[-1].mail_id if len(found) > query.limit else None)


@handles(CountMails)
async def count_mails(_: CountMails, tx: Transaction) -> MailCounts:
    """How the queue stands."""
    who(tx, OPERATOR)
    return MailCounts(**dict(await repository.counts(tx, tx.now - LATE)))


@handles(ShowMail)
async def show_mail(query: ShowMail, tx: Transaction) -> MailSummary:
    """One mail, without what it says."""
    who(tx, OPERATOR)
    return _shown(_known(await repository.read(tx, query.mail_id)))


@handles(RetryMail)
async def retry_mail(command: RetryMail, tx: Transaction) -> MailRef:
    """Try now what is dead, was refused, or waits for another attempt."""
    who(tx, OPERATOR)
    mail = _known(await repository.read(tx, command.mail_id))
    if mail.stage not in ("waiting", "dead", "refused"):
        raise Rejected("ended", "mail_id is of a mail that has gone its way: only one that waits is tried", "mail_id")
    await repository.retry(tx, mail.mail_id)
    return MailRef(mail_id=mail.mail_id, stage="waiting")


@handles(SendTestMail)
async def send_test_mail(command: SendTestMail, tx: Transaction) -> MailRef:
    """A mail to see whether mail arrives."""
    who(tx, OPERATOR)
    mail = Mail(
        mail_id=tx.message_id, kind="test", to_kind="operator", to_id=None, due_at=tx.now, made_at=tx.now,
        thread=NOTHING.thread, detail={"language": command.language}, address=command.address,
    )  # fmt: skip
    await repository.add(tx, mail)
    return MailRef(mail_id=mail.mail_id, stage=mail.stage)


@handles(ShowAddress)
async def show_address(query: ShowAddress, tx: Transaction) -> AddressRef:
    """Whether someone's address takes mail."""
    who(tx, STAFF)
    return AddressRef(
        participant_id=query.participant_id, takes_mail=not await preferences.fails(tx, query.participant_id)
    )


@handles(TryAddressAgain)
async def try_address_again(command: TryAddressAgain, tx: Transaction) -> AddressRef:
    """What comes from now on is mailed again."""
    who(tx, STAFF)
    if await people.person(tx, command.participant_id) is None:
        raise Rejected(
            "unknown_id", "participant_id is no participant that we know: check the id", "participant_id"
        )  # fmt: skip
    await preferences.unmark_failing(tx, command.participant_id)
    return AddressRef(participant_id=command.participant_id, takes_mail=True)


def _own(actor: Actor) -> object:
    return actor.uuid


def _known(mail: Mail | None) -> Mail:
    if mail is None:
        raise Rejected("unknown_id", "mail_id is no mail that we know: see the list of them", "mail_id")
    return mail


def _shown(mail: Mail) -> MailSummary:
    mail = replace(mail, reason=mail.reason or None)
    values = {name: getattr(mail, name) for name in MailSummary.model_fields if name != "to"}
    return MailSummary(to=mail.to_kind, **values)
