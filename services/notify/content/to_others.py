"""What the contact of a service reads (nothing of the person), the municipality, and who tries mail out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.notify.asking import Asker
from services.notify.content.writing import Moot, Writing, question, writes
from services.notify.domain.mails import Mail
from services.notify.writing import data
from services.notify.writing.data import NeighbourhoodFigures
from shared.contracts import exchange, profiles, signals
from shared.contracts.signals import LookAtReferral, PartnerReferral, ServiceContact, ShowServiceContact

# --- the contact of a service


@dataclass(frozen=True)
class Contacted:
    """To whom it goes, and how the referral stands; the last is null when its contact may no longer look."""

    contact: ServiceContact
    referral: PartnerReferral | None


async def _contact(asker: Asker, mail: Mail) -> Contacted:
    assert mail.matter.referral_id is not None
    contact = await question(asker, ShowServiceContact(referral_id=mail.matter.referral_id), "operator")
    try:
        look = LookAtReferral(referral_id=mail.matter.referral_id)
        return Contacted(contact, await question(asker, look, f"contact:{mail.matter.referral_id}"))
    except Moot:
        return Contacted(contact, None)


@writes("referral-asked", "referral-reminder", asks=_contact)
async def referral_asked(writing: Writing, found: Contacted) -> data.Mail:
    """As long as the service has not answered."""
    writing.language = found.contact.language
    referral = found.referral
    if referral is None or referral.state != "requested":
        raise Moot("it is answered, or no longer asked")
    url, service = await writing.link("service", found.contact.referral_id), found.contact.service_name
    if writing.mail.kind == "referral-reminder":
        return data.ReferralReminder(url=url, service=service, requested_at=referral.requested_at)
    return data.ReferralAsked(
        url=url, service=service, remind_after_working_days=writing.policy.referrals.remind_working_days
    )


@writes("referral-withdrawn", "access-ended", asks=_contact)
async def referral_over(writing: Writing, found: Contacted) -> data.Mail:
    """What was noted of it has to go."""
    writing.language = found.contact.language
    kind = data.ReferralWithdrawn if writing.mail.kind == "referral-withdrawn" else data.AccessEnded
    requested_at: datetime = found.referral.requested_at if found.referral else writing.mail.made_at
    return kind(
        url=await writing.link("service", found.contact.referral_id),
        service=found.contact.service_name,
        requested_at=requested_at,
    )


# --- the municipality


async def _figures(asker: Asker, mail: Mail) -> list[NeighbourhoodFigures]:
    """Of each neighbourhood, what each service has shown of this month: put together, and nothing worked out anew."""
    places: dict[str, str] = mail.detail["neighbourhoods"]
    return list(await asyncio.gather(*(_figures_of(asker, mail, *place) for place in places.items())))


async def _figures_of(asker: Asker, mail: Mail, neighbourhood_id: str, name: str) -> NeighbourhoodFigures:
    span: dict[str, Any] = {
        "neighbourhood_id": neighbourhood_id, "since": mail.detail["month"], "until": mail.detail["month"],
    }  # fmt: skip
    deployed = asker.settings.services
    values: dict[str, Any] = {}
    for service, query in (
        ("profiles", profiles.ShowFigures(**span)),
        ("exchange", exchange.ShowExchangeFigures(**span)),
        ("signals", signals.ShowSignalsFigures(**span)),
    ):
        if not deployed or service in deployed:
            months = (await question(asker, query, "operator")).months
            values |= _shown(months[0].model_dump()) if months else {}
    return NeighbourhoodFigures(name=name, **values)


def _shown(month: dict[str, Any]) -> dict[str, Any]:
    """The figures under the names that a mail has for them."""
    names = {"requested": "referred"}
    fields = NeighbourhoodFigures.__dataclass_fields__
    values = {names.get(name, name): value for name, value in month.items()}
    values = {name: value for name, value in values.items() if name in fields}
    return values | ({"outcomes": found} if (found := _outcomes(month)) else {})


def _outcomes(month: dict[str, Any]) -> dict[str, int]:
    """People by outcome, over all kinds: only when every cell is shown, or the counts would be less than they say."""
    found: dict[str, int] = {}
    for each in month.get("counts", ()):
        found[each["outcome"]] = found.get(each["outcome"], 0) + each["people"]
    if sum(found.values()) != month.get("requested"):
        return {}
    found.pop("open", None)
    return found


@writes("figures", asks=_figures)
async def figures(writing: Writing, found: list[NeighbourhoodFigures]) -> data.Mail:
    """Counts only; where there are none, nothing is sent."""
    if not found:
        raise Moot("there is no neighbourhood yet")
    year, month = (int(part) for part in writing.mail.detail["month"].split("-"))
    return data.MonthlyFigures(
        url=writing.tx.settings.pages_url, month=date(year, month, 1), neighbourhoods=tuple(found),
        smallest=writing.policy.figures.smallest_cell,
    )  # fmt: skip


# --- who tries it out


@writes("test")
async def test(writing: Writing, _: None) -> data.Mail:
    """That mail arrives at all."""
    return data.Test(url=writing.tx.settings.pages_url, sent_at=writing.tx.now)
