"""For the contact of a service that is no partner: how a referral stands, and each step of it, without an account."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES
from services.notify.pages.neighbour.answers import one_of
from services.notify.pages.page import Page
from services.notify.pages.registry import opens
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.repository import people
from shared.contracts.envelope import Command
from shared.contracts.signals import (
    AcceptReferral,
    CancelReferral,
    CompleteReferral,
    FailReferral,
    FetchDetails,
    HoldReferral,
    LookAtReferral,
    PartnerReferral,
    ReferralDetails,
    ReferralOutcome,
    ReferralReason,
    RejectReferral,
    SeeReferral,
    StartReferral,
)

STEPS: dict[str, type[Command]] = {
    "accept": AcceptReferral, "reject": RejectReferral, "start": StartReferral, "hold": HoldReferral,
    "complete": CompleteReferral, "fail": FailReferral, "cancel": CancelReferral,
}  # fmt: skip
REASONS: dict[str, tuple[ReferralReason, ...]] = {
    "reject": (
        "no-capacity", "waiting-list", "not-eligible", "other-service-fits-better", "declined-by-person", "other",
    ),
    "hold": ("waits-for-person", "waits-for-documents", "waiting-list", "no-capacity", "other"),
    "fail": ("could-not-reach", "declined-by-person", "not-eligible", "moved-away", "no-capacity", "other"),
    "cancel": ("found-another-way", "declined-by-person", "service-ended", "other"),
}  # fmt: skip
"""What can be chosen at each step; why it isn't all of them: a short list is read."""
OUTCOME_OF: dict[str, ReferralOutcome] = {
    "no-capacity": "no-capacity", "waiting-list": "no-capacity", "not-eligible": "not-eligible",
    "declined-by-person": "declined-by-person", "could-not-reach": "could-not-be-reached",
}  # fmt: skip
"""How it ended, as far as the reason says it; else it is asked."""


@opens("service")
async def referral(page: Page) -> Response:
    """How it stands. That it was seen is recorded by a step of their own, not by opening the link."""
    if page.posted:
        return await _act(page)
    found: PartnerReferral = await page.ask(LookAtReferral(referral_id=page.matter_id))
    worker_id = found.worker_id
    worker = await page.context.look(lambda tx: people.worker(tx, worker_id)) if worker_id else None
    return page.show(
        "service/referral.html", referral=found, by=worker, reasons=REASONS, outcomes=get_args(ReferralOutcome),
        details=None,
    )  # fmt: skip


async def _act(page: Page) -> Response:
    step = one_of(page, "do", (*STEPS, "see", "details"))
    if step == "details":
        return await _details(page)
    if step == "see":
        await page.do(SeeReferral(referral_id=page.matter_id))
        return page.go(said="seen")
    values: dict[str, Any] = {}
    if step in REASONS:
        values["reason"] = _chosen(page, f"{step}-reason", REASONS[step])
    if step in ("reject", "fail"):
        values["outcome"] = OUTCOME_OF.get(values["reason"], "other")
    if step == "complete":
        values["outcome"] = _chosen(page, "complete-outcome", get_args(ReferralOutcome))
    await page.do(STEPS[step](referral_id=page.matter_id, **values))
    return page.go(said="noted")


async def _details(page: Page) -> Response:
    """After they confirmed that they look: the person can see that they did. Shown once, kept nowhere here."""
    if "sure" not in page.several("sure"):
        raise Mistakes([Mistake("sure", "sure")])
    details: ReferralDetails = await page.do(FetchDetails(referral_id=page.matter_id))
    found: PartnerReferral = await page.ask(LookAtReferral(referral_id=page.matter_id))
    spoken = [LANGUAGE_NAMES.get(each, each) for each in details.languages or ()]
    return page.show("service/details.html", details=details, languages=spoken, can=found.can)


def _chosen(page: Page, name: str, allowed: tuple[str, ...]) -> str:
    return one_of(page, name, allowed)
