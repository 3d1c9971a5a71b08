"""The policy: what a municipality decided. One TOML file, read and checked when a service starts."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import holidays
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.contracts.exchange import Often
from shared.contracts.types import Language, Name, Token

PACKAGED = Path(__file__).parent / "policies" / "default.toml"
Days = Annotated[int, Field(ge=1, le=36_500)]
Hours = Annotated[int, Field(ge=1, le=8_760)]
Percent = Annotated[int, Field(ge=0, le=100)]


def folded(text: str) -> str:
    """Its words as they are compared: without capitals, accents and punctuation, one space between them."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(re.findall(r"\w+", "".join(each for each in plain if not unicodedata.combining(each))))


def _term(text: str) -> str:
    """One word or a few; a star after a word stands for whatever follows in it."""
    if not folded(text):
        raise ValueError("is no word: write one, or leave it out")
    for word in text.split():
        if "*" in word and not (word.count("*") == 1 and word.endswith("*") and len(folded(word)) >= 3):
            raise ValueError(f"{text!r}: a * stands after at least three letters, at the end of a word")
    return text


Term = Annotated[str, AfterValidator(_term)]
Terms = dict[Language, Annotated[list[Term], Field(min_length=1)]]
"""Words by language, to recognise something by."""


def _country(text: str) -> str:
    """A country, or a part of it, whose public holidays are known."""
    country, _, part = text.partition("-")
    parts = holidays.list_supported_countries().get(country)
    if parts is None or (part and part not in parts):
        raise ValueError(f"{text!r} has no public holidays that are known: write it like BE, NL, or DE-BE for a part")
    return text


SYSTEM_SIGNAL_KINDS = ("mediation", "limit", "silence", "other")
"""What signals that the system raises are about."""


class PolicyError(ValueError):
    """A policy file that can't be used; says which file and, for each mistake, which field and why."""


class Part(BaseModel):
    """A part of the policy. A field it doesn't know is a mistake: a typo would otherwise change nothing in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Visits(Part):
    """The first visit to a newcomer."""

    within_days: Days
    escalate_after_days: Days
    """From one who is told to the next: worker, backup, coordinator."""


class Stretch(Part):
    """A part of every day."""

    begins: time
    ends: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("ends before it begins")
        return self


class DayParts(Part):
    """What people mean by morning, afternoon and evening, on the clock of their neighbourhood."""

    morning: Stretch
    afternoon: Stretch
    evening: Stretch


class QuietHours(Part):
    """When nobody is disturbed; may run past midnight."""

    start: time
    end: time


class Invitations(Part):
    """What holds for who has not chosen otherwise."""

    ceiling: int = Field(ge=0, le=100)
    """The most invitations in 30 days."""
    quiet_hours: QuietHours
    at_once: int = Field(ge=1, le=20)
    """How many neighbours are asked at the same time for one exchange."""
    strangers_after_worker: bool
    """Whether the worker has seen a question before it goes to who isn't acquainted with the person."""
    answer_within_days: Days
    answer_within_days_by_letter: Days

    @model_validator(mode="after")
    def _a_letter_has_time(self) -> Self:
        if self.answer_within_days_by_letter < self.answer_within_days:
            raise ValueError("answer_within_days_by_letter is less than answer_within_days: a letter takes longer")
        return self


class SmallHelp(Part):
    """How far small help reaches; what lies beyond becomes a signal for the worker."""

    often: list[Often] = Field(min_length=1)
    """What is asked more often is structural."""
    structural: Terms = Field(min_length=1)
    """Words that say a fixed rhythm."""
    drift_days: Days
    """The window in which small things are seen to have become a rhythm."""
    drift_same_kind: int = Field(ge=2, le=1000)
    """So many times in the window the same kind for the same person: that is drift."""
    drift_same_neighbour: int = Field(ge=2, le=1000)
    """So many times in the window with the same neighbour: it rests on one."""
    most_people: int = Field(ge=1, le=20)
    """The most neighbours that one exchange asks for."""


class NeverSmall(Part):
    """What is asked of no neighbour."""

    id: Token
    labels: dict[Language, Name]
    terms: Terms = Field(min_length=1)
    unless: Terms = {}
    """Words that put it in doubt; then the worker decides."""


class Exchanges(Part):
    """How long an exchange waits at each step."""

    half_question_days: Days
    open_days: Days
    """How long is looked for who said `some time`."""
    look_again_days: Days
    nobody_after_days: Days
    """Then the worker hears that nobody was found."""
    again_after_days: Days
    """After a `not now`; once."""
    decide_days: Days
    """For who opened it, to look at who said yes."""
    how_was_it_after_days: Days
    close_after_days: Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for sooner, later in (
            ("look_again_days", "open_days"),
            ("nobody_after_days", "open_days"),
            ("how_was_it_after_days", "close_after_days"),
        ):
            if getattr(self, sooner) > getattr(self, later):
                raise ValueError(f"{sooner} is more than {later}: it would never come")
        return self


class Matching(Part):
    """Who is thought of for something."""

    widest_ring: int = Field(ge=0, le=50)
    """How far is looked, in H3 rings of about 300 m."""
    asked_lately_days: Days
    """Who was asked in that time comes later."""
    window_days: Days
    """How far is looked back at what people did."""
    one_way_after: int = Field(ge=1, le=1000)
    """After so many exchanges one way, a chance the other way comes first."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.asked_lately_days > self.window_days:
            raise ValueError("asked_lately_days is more than window_days: that far is not looked back")
        return self


class Gatherings(Part):
    """Whom a gathering asks, and how far ahead it is planned."""

    invite: int = Field(ge=1, le=500)
    strangers_percent: Percent
    """How many of those asked know nobody who comes."""
    ahead_days: Days
    most_people: int = Field(ge=2, le=1000)
    answer_until_days: int = Field(ge=0, le=60)
    """Before it begins."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.answer_until_days >= self.ahead_days:
            raise ValueError("answer_until_days is not less than ahead_days: nobody could answer")
        return self


class Attention(Part):
    """When someone comes to the worker's eye: a reason to visit."""

    silent_after_days: Days
    rests_on: int = Field(ge=2, le=1000)
    """So many exchanges in the drift window with one neighbour."""
    proposals_a_week: int = Field(ge=0, le=100)
    """Wishes that meet a talent, put before a worker."""


class Signals(Part):
    """How long something open waits with one before the next is told: worker, backup, coordinator."""

    climb_today_hours: Hours
    """Of any day; the others of working days."""
    climb_this_week_hours: Hours
    climb_watch_hours: Hours
    climb_asked_hours: Hours
    """What exchange asks a worker to look at."""
    still_working_days: Days
    """So long after its last step a worker is told that a signal they took lies still; as long again: it climbs."""
    country: Annotated[str, AfterValidator(_country)]
    """Whose public holidays are no working days: `BE`, or with a part of it `DE-BE`."""


class Referrals(Part):
    """No referral stays silent."""

    remind_working_days: Days
    tell_worker_working_days: Days
    decide_days: Days
    """Calendar days after which it can't be open without the worker having said so."""
    consent_days: Days
    """For a consent for which no other day was chosen."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.remind_working_days < self.tell_worker_working_days:
            raise ValueError("remind_working_days is not less than tell_worker_working_days: remind the service first")
        if self.decide_days <= self.tell_worker_working_days:
            raise ValueError("decide_days is not more than tell_worker_working_days: the worker would have no time")
        return self


class Notify(Part):
    """How and when people are written to."""

    digest_at: time
    """On the clock of the neighbourhood."""
    digest: Literal["daily", "weekly"]
    """For who chose nothing; weekly is on Monday."""
    address: Literal["u", "jij"]
    """How people are spoken to, in languages that make a difference."""
    link_days: Days
    contact_link_days: Days
    """For a service that answers a referral."""
    ring_within_days: Days
    """A task that nobody does by then becomes a signal."""
    letter_within_days: Days


class Figures(Part):
    """What may be counted in public."""

    smallest_cell: int = Field(ge=5)
    """No count of fewer people. A municipality may ask for more than five, never for less."""


class Retention(Part):
    """How many days each kind of record is kept."""

    participants_left: Days
    visits: Days
    mandates_ended: Days
    consents_ended: Days
    fetches: Days
    circle_questions: Days
    doubles: Days
    erasures: Days
    absences: Days
    workers_ended: Days
    figures: Days
    exchanges: Days
    gatherings: Days
    never_kinds: Days
    deviations: Days
    signals: Days
    referrals: Days
    readings: Days
    mails: Days


class SignalKind(Part):
    """One thing that a signal or a referral can be about, in the words of each language."""

    id: Token
    labels: dict[Language, Name]


class Kind(Part):
    """One thing that neighbours enjoy giving or would enjoy, in the words of each language."""

    id: Token
    labels: dict[Language, Name]
    terms: Terms = {}
    """Words to recognise it by; without them it is only chosen from the list."""


class Policy(Part):
    """What a municipality decided."""

    languages: list[Language] = Field(min_length=1)
    """In which people are written to; the first is the one to fall back on."""
    visits: Visits
    small_help: SmallHelp
    exchanges: Exchanges
    invitations: Invitations
    matching: Matching
    gatherings: Gatherings
    attention: Attention
    signals: Signals
    referrals: Referrals
    notify: Notify
    day_parts: DayParts
    figures: Figures
    retention: Retention
    kinds: list[Kind] = Field(min_length=1)
    """Talents and wishes to choose from."""
    never_small: list[NeverSmall] = Field(min_length=1)
    signal_kinds: list[SignalKind] = Field(min_length=1)
    """What signals and referrals can be about."""
    variants: dict[Token, Policy] = {}
    """Policies that some neighbourhoods have instead, by name."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        mistakes = [*_unlabelled(self), *_twice(self), *_too_short(self)]
        mistakes += [
            f"signal_kinds: {id_} has to be there: the system raises signals of it"
            for id_ in SYSTEM_SIGNAL_KINDS
            if not self.has_signal_kind(id_)
        ]
        if DEFAULT in self.variants:
            mistakes.append(f"variants: '{DEFAULT}' is the name of the policy itself: choose another")
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def names(self) -> list[str]:
        """The names that a neighbourhood can choose from."""
        return [DEFAULT, *self.variants]

    def named(self, name: str) -> Policy:
        """The policy of a neighbourhood. A name that the file no longer has gives the policy itself."""
        return self.variants.get(name, self)

    def has_kind(self, id_: str) -> bool:
        return any(kind.id == id_ for kind in self.kinds)

    def label(self, id_: str, language: str) -> str:
        """What a kind is called; in the language to fall back on when it has no word in this one."""
        return self._label(self.kinds, id_, language)

    def has_signal_kind(self, id_: str) -> bool:
        return any(kind.id == id_ for kind in self.signal_kinds)

    def signal_label(self, id_: str, language: str) -> str:
        """What a kind of signal is called."""
        return self._label(self.signal_kinds, id_, language)

    def _label(self, kinds: Iterable[Kind | SignalKind], id_: str, language: str) -> str:
        for kind in kinds:
            if kind.id == id_:
                return kind.labels.get(language) or kind.labels[self.languages[0]]
        return id_


DEFAULT = "default"


def _unlabelled(policy: Policy) -> Iterator[str]:
    for part, items in _labelled(policy):
        for item in items:
            missing = [language for language in policy.languages if language not in item.labels]
            if missing:
                yield f"{part}: {item.id} has no label in {', '.join(missing)}"


def _twice(policy: Policy) -> Iterator[str]:
    """What stands there more than once: an id in its list, a way to say how often, a term at one thing or at two."""
    for often in _repeated(policy.small_help.often):
        yield f"small_help.often: {often} stands there twice"
    for part, items in _labelled(policy):
        for id_ in _repeated(item.id for item in items):
            yield f"{part}: {id_} stands there twice"
    lists = {"small_help.structural": policy.small_help.structural}
    lists |= {f"{part}: {item.id}": item.terms for part, items in _lists(policy) for item in items}
    lists |= {f"never_small: {item.id} (unless)": item.unless for item in policy.never_small}
    for place, terms in lists.items():
        for language, words in terms.items():
            for term in _repeated(map(_as_read, words)):
                yield f"{place}: '{term}' stands twice in {language}"
    for term, places in _placed(policy).items():
        if len(places) > 1:
            yield f"'{term}' stands at {' and at '.join(places)}: it can mean only one of them"


def _placed(policy: Policy) -> dict[str, list[str]]:
    """Of each term, which kinds and which things that are never small it stands for."""
    places: dict[str, list[str]] = {}
    for part, items in _lists(policy):
        for item in {item.id: item for item in items}.values():
            for term in sorted({_as_read(term) for words in item.terms.values() for term in words}):
                places.setdefault(term, []).append(f"{part} {item.id}")
    return places


def _too_short(policy: Policy) -> Iterator[str]:
    """What is kept less long than something looks back on it."""
    kept = policy.retention.exchanges
    for place, days in (
        ("small_help.drift_days", policy.small_help.drift_days),
        ("matching.window_days", policy.matching.window_days),
        ("attention.silent_after_days", policy.attention.silent_after_days),
    ):
        if kept < days:
            yield f"retention.exchanges: {kept} is less than {place} ({days}), which looks back on them"


def _labelled(policy: Policy) -> list[tuple[str, Sequence[Kind | NeverSmall | SignalKind]]]:
    return [*_lists(policy), ("signal_kinds", policy.signal_kinds)]


def _lists(policy: Policy) -> list[tuple[str, list[Kind] | list[NeverSmall]]]:
    return [("kinds", policy.kinds), ("never_small", policy.never_small)]


def _repeated(items: Iterable[str]) -> list[str]:
    return sorted(item for item, times in Counter(items).items() if times > 1)


def _as_read(term: str) -> str:
    return " ".join(folded(word) + "*" * word.endswith("*") for word in term.split())


@cache
def load(path: Path | None = None) -> Policy:
    """Read a policy file on top of the packaged one. Raises PolicyError naming the file and every wrong field."""
    packaged = _read(PACKAGED)
    chosen = _read(path) if path else {}
    whole = _merged(packaged, chosen)
    variants = whole.pop("variants", {})
    if isinstance(variants, Mapping):
        variants = {name: _merged(whole, variant) for name, variant in variants.items()}
    try:
        return Policy.model_validate({**whole, "variants": variants})
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        places = {each["loc"] for each in errors}
        mistakes = [
            _sentence(each) for each in errors if each["loc"][:1] != ("variants",) or each["loc"][2:] not in places
        ]
        raise PolicyError(f"policy {path or PACKAGED}: " + "; ".join(mistakes)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError(f"policy {path}: can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise PolicyError(f"policy {path}: is not UTF-8: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"policy {path}: is no TOML: {error}") from None


def _merged(base: Mapping[str, Any], change: object) -> Any:
    """The change laid over the base; tables are merged, all else is replaced."""
    if not isinstance(change, Mapping):
        return change
    merged = dict(base)
    for name, value in change.items():
        before = base.get(name)
        merged[name] = _merged(before, value) if isinstance(before, Mapping) else value
    return merged


def _sentence(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    message = "is not a field of a policy: is it a typo?" if error["type"] == "extra_forbidden" else message
    return f"{place}: {message}" if place else message
