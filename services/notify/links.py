"""Links for mails: `url = await links.make(tx, "invitation", participant=…, matter=…)`.

The token stands in the mail alone: what is kept is a hash of it.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain import tokens
from services.notify.domain.links import PURPOSES, HolderKind, Link, Purpose, Session
from services.notify.repository import links as repository
from shared.messaging import Transaction
from shared.policy import Policy

LINK, SESSION = "link", "session"
SESSION_LASTS = timedelta(hours=12)


async def make(
    tx: Transaction, purpose: Purpose, *, participant: UUID | None = None, worker: UUID | None = None,
    contact: UUID | None = None, matter: UUID | None = None, acts_for: UUID | None = None, detail: str = "",
    expires_at: datetime | None = None, policy: Policy | None = None,
) -> str:  # fmt: skip
    """The address of a new link for one holder: a participant, a worker, or the contact of a referral's service.

    What its matter is, `domain.links.Purpose` says. `acts_for`: for whom, when the holder has their mandate. It ends
    after the policy's days unless told otherwise.
    """
    link, url = new(
        tx, purpose, participant=participant, worker=worker, contact=contact, matter=matter, acts_for=acts_for,
        detail=detail, expires_at=expires_at, policy=policy,
    )  # fmt: skip
    await repository.keep(tx, link)
    return url


def new(
    tx: Transaction, purpose: Purpose, *, participant: UUID | None = None, worker: UUID | None = None,
    contact: UUID | None = None, matter: UUID | None = None, acts_for: UUID | None = None, detail: str = "",
    expires_at: datetime | None = None, policy: Policy | None = None,
) -> tuple[Link, str]:  # fmt: skip
    """The same, to be kept with others: the link, and its address."""
    assert purpose in PURPOSES, purpose
    ((kind, holder_id),) = _holder(participant, worker, contact)
    notify = (policy or tx.settings.policy).notify
    days = notify.contact_link_days if kind == "contact" else notify.link_days
    text, digest = tokens.made(tx.settings.secret(), LINK, secrets.token_bytes(tokens.RANDOM_BYTES))
    end = expires_at or tx.now + timedelta(days=days)
    link = Link(digest, kind, holder_id, purpose, matter, acts_for, detail, tx.now, end)
    return link, address(tx.settings.pages_url, purpose, text)


def address(pages_url: str, purpose: Purpose, token: str) -> str:
    """Where a token leads. A mail program posts to that of `unsubscribe` by itself (RFC 8058)."""
    return f"{pages_url.rstrip('/')}/{'u' if purpose == 'unsubscribe' else 'l'}/{token}"


async def find(tx: Transaction, token: str) -> Link | None:
    """The link of a token; None for what is none of ours."""
    digest = tokens.digest(tx.settings.secret(), LINK, token)
    return await repository.find(tx, digest) if digest is not None else None


async def open_session(tx: Transaction, link: Link) -> str:
    """Whoever holds this link is let in for a while. Returns what their browser keeps."""
    assert link.holder_kind in ("participant", "worker")
    text, digest = tokens.made(tx.settings.secret(), SESSION, secrets.token_bytes(tokens.RANDOM_BYTES))
    session = Session(digest, link.holder_kind, link.holder_id, link.acts_for, tx.now + SESSION_LASTS)
    await repository.start_session(tx, session)
    return text


async def find_session(tx: Transaction, cookie: str) -> Session | None:
    """Whose session this is; None when it is over, or none of ours."""
    digest = session_digest(tx, cookie)
    return await repository.session(tx, digest) if digest is not None else None


def session_digest(tx: Transaction, cookie: str) -> bytes | None:
    """Under which hash a session is kept; None for what is none of ours."""
    return tokens.digest(tx.settings.secret(), SESSION, cookie)


def _holder(
    participant: UUID | None, worker: UUID | None, contact: UUID | None
) -> list[tuple[HolderKind, UUID]]:  # fmt: skip
    given: list[tuple[HolderKind, UUID | None]] = [
        ("participant", participant), ("worker", worker), ("contact", contact),
    ]  # fmt: skip
    return [(kind, id_) for kind, id_ in given if id_ is not None]
