"""What workers, the person and the service see of referrals: each as far as it is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.signals.domain import consents as consented
from services.signals.domain import referrals as domain
from services.signals.domain.directory import Service
from services.signals.domain.referrals import Referral
from services.signals.handlers import access
from services.signals.handlers.referrals_access import SERVICE, opened
from services.signals.repository import consents, details, directory
from services.signals.repository import referrals as repository
from shared.access import OURS, STAFF, Actor, who
from shared.contracts import signals as contract
from shared.contracts.signals import (
    ListReferrals,
    LookAtReferral,
    PartnerReferral,
    ReferralPage,
    ReferralSummary,
    ServiceContact,
    ShowReferral,
    ShowServiceContact,
)
from shared.messaging import Transaction, handles


@handles(ShowReferral)
async def show_referral(query: ShowReferral, tx: Transaction) -> contract.Referral:
    """For workers; for the person, without what only concerns the work."""
    referral, hand = await opened(tx, query.referral_id, OURS)
    service = await _service(tx, referral)
    own = hand.part == "person"
    consent = await consents.last(tx, referral.referral_id)
    return contract.Referral(
        **_summary(referral, service.name, service.organisation_name, own=own),
        signal_id=None if own else referral.signal_id, previous_id=referral.previous_id,
        follows_as=referral.follows_as, following_ids=await repository.following(tx, referral.referral_id),
        seen_at=referral.seen_at, by_partner=await _by_partner(tx, referral, service),
        consent=consented.shown(consent) if consent else None,
        has_details=await details.filled(tx, referral.referral_id),
        steps=[] if own else await repository.steps(tx, referral.referral_id),
    )  # fmt: skip


@handles(ListReferrals, reads=True)
async def list_referrals(query: ListReferrals, tx: Transaction) -> ReferralPage:
    """Of the neighbourhoods that a worker answers for; a person's own; all for operators."""
    actor = who(tx, OURS)
    if query.participant_id is not None:
        await access.person_seen(tx, query.participant_id, OURS)
    else:
        who(tx, STAFF)
    found = await repository.page(
        tx, neighbourhood_id=query.neighbourhood_id, participant_id=query.participant_id, worker_id=query.worker_id,
        signal_id=query.signal_id, states=_states(query), places=await _places(tx, actor), after=query.after,
        limit=query.limit + 1,
    )  # fmt: skip
    page = found[: query.limit]
    return ReferralPage(
        referrals=[ReferralSummary(**_summary(*each, own=actor.kind == "participant")) for each in page],
        next=page[-1][0].referral_id if len(found) > query.limit else None,
    )


@handles(LookAtReferral)
async def look_at_referral(query: LookAtReferral, tx: Transaction) -> PartnerReferral:
    """For its service: how it stands, and nothing of the person."""
    referral, hand = await opened(tx, query.referral_id, SERVICE)
    service = await _service(tx, referral)
    consent = await consents.running(tx, referral.referral_id)
    fetchable = consent is not None and consented.runs(consent, tx.now) and referral.state in domain.WITH_SERVICE
    assert referral.requested_at is not None
    return PartnerReferral(
        referral_id=referral.referral_id, service_id=referral.service_id, service_name=service.name,
        organisation_name=service.organisation_name, neighbourhood_id=referral.neighbourhood_id,
        state=referral.state, can=[_SAYS[each] for each in domain.can(referral, hand.part)],
        worker_id=referral.worker_id, requested_at=referral.requested_at,
        details_until=consent.until if consent and fetchable else None,
    )  # fmt: skip


@handles(ShowServiceContact)
async def show_service_contact(query: ShowServiceContact, tx: Transaction) -> ServiceContact:
    """For who writes the mail; also of a referral whose person was erased just now, so that it can be told."""
    who(tx, {"operator"})
    referral = await repository.read(tx, query.referral_id)
    service_id = referral.service_id if referral else await repository.service_of_gone(tx, query.referral_id)
    service = await directory.service(tx, service_id) if service_id else None
    if service is None:
        raise access.unknown("referral_id")
    return ServiceContact(
        referral_id=query.referral_id, service_name=service.name, organisation_name=service.organisation_name,
        email=service.email, phone=service.phones[0] if service.phones else None, language=service.language,
    )  # fmt: skip


_SAYS: dict[str, Any] = {
    "accepted": "accept", "rejected": "reject", "in-progress": "start", "on-hold": "hold", "completed": "complete",
    "failed": "fail", "cancelled": "cancel",
}  # fmt: skip


def _summary(referral: Referral, service_name: str, organisation_name: str, *, own: bool) -> dict[str, Any]:
    same = (
        "referral_id", "version", "participant_id", "neighbourhood_id", "service_id", "state", "reason", "outcome",
        "worker_id", "decide_by", "drafted_at", "requested_at", "answered_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(referral, name) for name in same} | {
        "service_name": service_name, "organisation_name": organisation_name, "kind": None if own else referral.kind,
    }  # fmt: skip


def _states(query: ListReferrals) -> list[str] | None:
    """The states that are asked for; None: any."""
    if query.state is None:
        return sorted(domain.OPEN) if query.open_only else None
    return [query.state] if not query.open_only or query.state in domain.OPEN else []


async def _places(tx: Transaction, actor: Actor) -> Sequence[str] | None:
    """Where a worker answers for what is open; None: anywhere."""
    return await repository.places_of(tx, actor.uuid) if actor.kind == "worker" else None


async def _service(tx: Transaction, referral: Referral) -> Service:
    found = await directory.service(tx, referral.service_id)
    assert found is not None, "a service that a referral names stays in the directory"
    return found


async def _by_partner(tx: Transaction, referral: Referral, service: Service) -> bool:
    organisation_id = referral.organisation_id if referral.requested_at else service.partner_organisation
    return bool(await repository.partners_of(tx, organisation_id))
