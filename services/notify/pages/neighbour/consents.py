"""Who may see or do what: consents, mandates, and referrals of one's own. Each can be withdrawn, at any time."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from services.notify.pages.neighbour.answers import one_of
from services.notify.pages.neighbour.home import tried
from services.notify.pages.page import Page
from services.notify.pages.registry import mine, opens
from services.notify.repository import people
from shared.contracts.exchange import ListAcquaintances
from shared.contracts.profiles import EndMandate, GiveMandate, ListConsents, ListMandates, WithdrawConsent
from shared.contracts.signals import ListReferrals, Referral, ShowReferral, WithdrawReferralConsent
from shared.messaging import Transaction


@mine("/consents")
async def consents(page: Page) -> Response:
    """What runs, and a way to end each; what has ended stands in what is kept of them."""
    if page.posted:
        return page.go(said=await ACTIONS[one_of(page, "do", ACTIONS)](page))
    who = page.person_id
    given, mandates, referrals, met = await asyncio.gather(
        tried(page, ListConsents(participant_id=who, limit=100)),
        tried(page, ListMandates(participant_id=who, limit=100)),
        tried(page, ListReferrals(participant_id=who, limit=50)),
        tried(page, ListAcquaintances(participant_id=who, limit=100)),
    )
    running = [each for each in given.consents if each.ended_at is None] if given else []
    held = [each for each in mandates.mandates if each.ended_at is None] if mandates else []
    names = await page.names([x for each in held for x in (each.holder_id, each.participant_id)])
    holders = {each.holder_id for each in held}
    others = await page.names(
        each.participant_id for each in (met.acquaintances if met else []) if each.participant_id not in holders
    )
    organisations = await _organisations(page, [each.organisation_id for each in running])
    return page.show(
        "neighbour/consents.html", consents=running, mandates=held, names=names, organisations=organisations,
        referrals=referrals.referrals if referrals else [], others=others,
        away=None in (given, mandates),
    )  # fmt: skip


@opens("referral")
@mine("/referral/{matter_id:uuid}")
async def referral(page: Page) -> Response:
    """A referral of one's own: how it stands, what its service may see, and to withdraw that."""
    if page.posted:
        await page.do(WithdrawReferralConsent(referral_id=page.matter_id))
        return page.go(said="withdrawn")
    found: Referral = await page.ask(ShowReferral(referral_id=page.matter_id))
    return page.show("neighbour/referral.html", referral=found)


async def _withdraw(page: Page) -> str:
    await page.do(page.build(WithdrawConsent, participant_id=page.person_id, consent_id=page.id("consent")))
    return "withdrawn"


async def _end_mandate(page: Page) -> str:
    command = page.build(EndMandate, participant_id=page.id("person"), mandate_id=page.id("mandate"))
    await page.do(command)
    return "mandate-ended"


async def _give_mandate(page: Page) -> str:
    command = page.build_at(
        {"holder_id": "holder"}, GiveMandate, participant_id=page.person_id, holder_id=page.text("holder"),
        on_word_of="participant",
    )  # fmt: skip
    await page.do(command, fields={"holder_id": "holder"})
    return "mandate-given"


ACTIONS = {"withdraw": _withdraw, "end-mandate": _end_mandate, "give-mandate": _give_mandate}


async def _organisations(page: Page, ids: list[str]) -> dict[str, str]:
    async def look(tx: Transaction) -> dict[str, str]:
        found = {each: await people.organisation(tx, each) for each in ids}
        return {id_: each.name(page.speech.language) if each else id_ for id_, each in found.items()}

    return await page.context.look(look)
