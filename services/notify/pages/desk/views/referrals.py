"""Referrals and the directory as the desk shows them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views.parts import Do, Fact, Go, Item, Names, Say, Tag, Tone, inside, kept
from shared.contracts.signals import DirectoryService, Referral, ReferralStep, ReferralSummary, ServiceSummary

ENDED = frozenset({"rejected", "completed", "failed", "cancelled", "entered-in-error"})
_TONES: dict[str, Tone] = {"draft": "warm", "requested": "warm", "on-hold": "warm"}


def address(referral_id: UUID) -> str:
    return f"/desk/referrals/{referral_id}"


def line(referral: ReferralSummary, names: Names, say: Say, now: datetime) -> Item:
    """A referral in a list."""
    return Item(
        title=names.person(referral.participant_id), to=address(referral.referral_id),
        lines=kept(_service(referral), standing(referral, say), waiting(referral, say, now)),
        tags=(state(referral, say), *((Tag(say.signal_kind(referral.kind)),) if referral.kind else ())),
        doing=_first(referral, names, say, now), when=say.day(referral.requested_at or referral.drafted_at),
    )  # fmt: skip


def state(referral: ReferralSummary, say: Say) -> Tag:
    return Tag(say(words.REFERRAL_STATE[referral.state]), _TONES.get(referral.state, "calm"))


def standing(referral: ReferralSummary, say: Say) -> str:
    """Why, and how it ended."""
    reason = say(words.REFERRAL_REASON[referral.reason]) if referral.reason else ""
    outcome = say(words.REFERRAL_OUTCOME[referral.outcome]) if referral.outcome else ""
    if reason and outcome and reason != outcome:
        return f"{outcome}. {reason}."
    return f"{outcome or reason}." if outcome or reason else ""


def waiting(referral: ReferralSummary, say: Say, now: datetime) -> str:
    """What it waits for."""
    if referral.state == "requested" and is_late(referral, now):
        return say("No answer came: say whether it stays open.")
    if referral.state == "requested" and referral.decide_by:
        return say("Decide by {day} whether it stays open.", day=say.last_day(referral.decide_by))
    return ""


def _first(referral: ReferralSummary, names: Names, say: Say, now: datetime) -> tuple[Go | Do, ...]:
    whom, at = names.person(referral.participant_id), address(referral.referral_id)
    if referral.state == "draft":
        return (Go(say("Go on with it"), f"{at}/details", main=True, whom=whom),)
    if waiting(referral, say, now) and is_late(referral, now):
        return (
            Go(say("Keep it open"), f"{at}/keep-open", main=True, whom=whom),
            Go(say("Stop it"), f"{at}/cancel", whom=whom),
        )
    return (Go(say("Look"), at, whom=whom),)


def _service(referral: ReferralSummary) -> str:
    if referral.organisation_name and referral.organisation_name != referral.service_name:
        return f"{referral.service_name} · {referral.organisation_name}"
    return referral.service_name


def facts(referral: Referral, names: Names, say: Say) -> list[Fact]:
    """What is known of it."""
    found = [
        Fact(say("Who"), names.person(referral.participant_id), f"/desk/people/{referral.participant_id}"),
        Fact(say("To"), _service(referral), f"/desk/directory/{referral.service_id}"),
        Fact(say("About"), say.signal_kind(referral.kind) if referral.kind else ""),
        Fact(say("Worker"), names.worker(referral.worker_id)),
    ]
    if text := standing(referral, say):
        found.append(Fact(say("Why"), text))
    if referral.requested_at:
        seen = say.moment(referral.seen_at) if referral.seen_at else say("Not yet")
        found += [
            Fact(say("Asked on"), say.moment(referral.requested_at)),
            Fact(say("Seen by the service"), seen),
            Fact(
                say("How the service answers"),
                say("In its own system") if referral.by_partner else say("By the link in a mail"),
            ),
        ]
    if referral.signal_id:
        found.append(Fact(say("It came from"), say("a signal"), f"/desk/signals/{referral.signal_id}"))
    if referral.previous_id:
        text = say("a referral tried before") if referral.follows_as == "retry" else say("an earlier referral")
        found.append(Fact(say("After"), text, address(referral.previous_id)))
    found += [Fact(say("Followed by"), say("a later referral"), address(each)) for each in referral.following_ids]
    return found


def consent(referral: Referral, names: Names, say: Say) -> list[Fact]:
    """What the person agreed to."""
    given = referral.consent
    if given is None:
        return []
    found = [
        Fact(say("What the service may see"), _fields(given.fields, say)),
        Fact(say("Until"), say.last_day(given.until)),
        Fact(say("How they agreed"), say(words.RECORDED[given.how])),
        Fact(say("Whose word"), say(words.ON_WHOSE_WORD[given.on_word_of])),
        Fact(say("Recorded"), f"{say.moment(given.given_at)}, {names.actor(given.recorded_by, say)}"),
    ]
    if given.ended_at:
        found.append(Fact(say("Ended"), say.moment(given.ended_at)))
    return found


def can_be_asked(referral: Referral) -> bool:
    """Whether nothing is missing for the service to be asked."""
    given = referral.consent
    return given is not None and given.ended_at is None and set(given.fields) <= set(referral.has_details)


def preparing(referral: Referral, say: Say) -> list[Item]:
    """The steps of a referral that is being prepared, each done or to do."""
    at = address(referral.referral_id)
    details = _fields(referral.has_details, say)
    agreed = referral.consent is not None and referral.consent.ended_at is None
    return [
        Item(
            title=say("Go through the details together"), lines=kept(details),
            tags=(_done(bool(details), say),),
            doing=(Go(say("Change") if details else say("Fill in"), f"{at}/details", main=not details),),
        ),
        Item(
            title=say("Record what the person agrees to"), tags=(_done(agreed, say),),
            doing=(Go(say("Change") if agreed else say("Record"), f"{at}/consent", main=bool(details) and not agreed),),
        ),
    ]  # fmt: skip


def _fields(found: Collection[str], say: Say) -> str:
    """In the order in which they are asked."""
    shown = [say(label) for name, label in words.REFERRAL_FIELD.items() if name in found]
    return ", ".join([*shown[:1], *(inside(each, say.language) for each in shown[1:])])


def _done(done: bool, say: Say) -> Tag:
    return Tag(say("Done")) if done else Tag(say("To do"), "warm")


def is_late(referral: ReferralSummary, now: datetime) -> bool:
    """Whether no answer came in the time that there was for it."""
    return referral.decide_by is not None and referral.decide_by <= now


def actions(referral: Referral, say: Say, now: datetime) -> tuple[list[Go | Do], list[Go | Do]]:
    """What the worker can do with it: first what comes first, then the rest."""
    at, here = address(referral.referral_id), {"referral_id": str(referral.referral_id)}
    again = f"/desk/refer/{referral.participant_id}?previous={referral.referral_id}"
    first: list[Go | Do] = []
    rest: list[Go | Do] = []
    if referral.state == "draft" and can_be_asked(referral):
        first.append(Do(say("Ask the service now"), "request-referral", here, main=True))
    if referral.state in ("requested", "accepted", "in-progress", "on-hold"):
        if referral.decide_by:
            keep = Go(say("Keep it open"), f"{at}/keep-open", main=is_late(referral, now))
            (first if is_late(referral, now) else rest).append(keep)
        rest += [
            Go(say("Renew or change the consent"), f"{at}/consent"),
            Go(say("The person takes back their consent"), f"{at}/withdraw"),
        ]
    if referral.state in ("rejected", "failed", "cancelled"):
        first += [
            Go(say("Refer to another service"), f"{again}&as=forward", main=True),
            Go(say("Try the same service again"), f"{at}/retry"),
        ]
    if referral.state not in ENDED:
        rest.append(Go(say("Stop it"), f"{at}/cancel"))
    if referral.state != "entered-in-error":
        rest.append(Go(say("It was made by mistake"), f"{at}/mistake"))
    return (first, rest)


def steps(referral: Referral, names: Names, say: Say) -> list[Fact]:
    """What happened, the latest first."""
    return [Fact(say.moment(each.at), _step(each, names, say)) for each in reversed(referral.steps)]


def _step(step: ReferralStep, names: Names, say: Say) -> str:
    text = say(words.REFERRAL_STATE[step.state]) if step.state else say(words.REFERRAL_STEP[step.what])
    more = [say(words.REFERRAL_REASON[step.reason])] if step.reason else []
    more += [say(words.REFERRAL_OUTCOME[step.outcome])] if step.outcome else []
    text = f"{text}{say.colon} {', '.join(dict.fromkeys(more))}" if more else text
    return text if step.by == "system" else f"{text} · {names.actor(step.by, say)}"


def service_line(service: ServiceSummary, say: Say, to: str) -> Item:
    """A service that was found: whose it is and how far, what it does, and whether one can go there now."""
    whose = " · ".join(kept(service.organisation_name, _distance(service, say)))
    return Item(title=service.name, to=to, lines=kept(whose, service.summary or ""), tags=_reachable(service, say))


def service_tags(service: ServiceSummary, say: Say) -> tuple[Tag, ...]:
    """All that stands out of a service."""
    found = [Tag(say.signal_kind(each)) for each in service.kinds]
    if service.stepping_stone:
        found.append(Tag(say("To take part")))
    found += _reachable(service, say)
    if far := _distance(service, say):
        found.append(Tag(far))
    return tuple(found)


def _reachable(service: ServiceSummary, say: Say) -> tuple[Tag, ...]:
    found = []
    if service.capacity != "unknown":
        found.append(Tag(say(words.CAPACITY[service.capacity]), "warm" if service.capacity == "no" else "calm"))
    if service.open_now is not None:
        found.append(Tag(say("Open now") if service.open_now else say("Closed now")))
    return tuple(found)


def _distance(service: ServiceSummary, say: Say) -> str:
    far = service.distance_km
    return say("{km} km away", km=say.number(round(far, 1))) if far is not None else ""


def service_facts(service: DirectoryService, say: Say) -> list[Fact]:
    """All that the directory knows of a service."""
    languages = ", ".join(say(words.LANGUAGE.get(each, each)) for each in service.languages)
    found = [
        Fact(say("Organisation"), service.organisation_name),
        Fact(say("What it does"), service.description or service.summary or ""),
        Fact(say("For whom"), service.eligibility or ""),
        Fact(say("How to apply"), service.how_to_apply or ""),
        Fact(say("What it costs"), service.fees or ""),
        Fact(say("Languages"), languages),
        Fact(say("Room"), say(words.CAPACITY[service.capacity])),
        Fact(say("Opening hours"), "\n".join(service.opening_hours)),
        Fact(say("Address"), "\n".join(service.addresses)),
        *(Fact(say("Phone"), each, f"tel:{_dialled(each)}") for each in service.phones),
        Fact(say("E-mail"), service.email or "", f"mailto:{service.email}" if service.email else ""),
        Fact(say("Website"), service.url or "", _web(service.url)),
        Fact(
            say("How it answers"),
            say("In its own system") if service.by_partner
            else say("By the link in a mail") if service.email else say("By phone: nothing is sent to it"),
        ),
    ]  # fmt: skip
    return [each for each in found if each.text]


def _web(url: str | None) -> str:
    return url if url and url.startswith(("https://", "http://")) else ""


def _dialled(phone: str) -> str:
    return "".join(each for each in phone if each.isdigit() or each == "+")
