"""What a directory's rows say of a service. Rows are as HSDS 3.0 has them, by column; what is empty is left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from services.signals.domain import directory_hours as hours
from services.signals.domain import directory_marks as marks
from services.signals.domain import directory_places as places
from services.signals.domain.directory import Service
from services.signals.domain.directory_places import Point
from shared.contracts.signals import Capacity
from shared.policy import Policy, folded

Row: TypeAlias = Mapping[str, str]
MADE_BY = "1"
"""Of what is written here; another number makes all services anew when their directory is next brought in."""
WEEFSEL = "weefsel"
"""The scheme of an organisation's identifier that is its id in profiles."""
KINDS, CAPACITIES, STEPPING_STONE = "weefsel-kinds", "weefsel-capacity", "weefsel-stepping-stone"
"""Taxonomies whose terms are meant for us."""
TAKE_PART = "take-part"
"""The kind that is a stepping stone."""
CLOSED = "temporarily closed"
LISTED = ("active", CLOSED)
"""The statuses of services that are found; the others are kept for referrals that name them."""
LONGEST, LONGEST_SUMMARY, MOST_LINES = 4_000, 200, 30
WORD = re.compile(r"[^\W_]{1,60}")
"""What counts as a word, in a text and in what is looked for."""
_THREE = {
    "nld": "nl", "dut": "nl", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "eng": "en", "tur": "tr", "ara": "ar",
    "spa": "es", "ita": "it", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "ukr": "uk", "bul": "bg",
    "slk": "sk", "slo": "sk", "urd": "ur", "fas": "fa", "per": "fa", "pus": "ps", "som": "so",
}  # fmt: skip
_BRING = {"nl": "Mee te brengen", "fr": "À apporter", "de": "Mitzubringen", "en": "Bring along"}
_WAIT = {"nl": "Wachttijd", "fr": "Délai", "de": "Wartezeit", "en": "Waiting time"}


@dataclass(frozen=True, slots=True)
class Term:
    """What a taxonomy's term means here."""

    words: str
    kinds: frozenset[str]
    stepping_stone: bool
    capacity: Capacity = "unknown"


@dataclass(frozen=True)
class Rules:
    """What the policy has to do with it."""

    languages: tuple[str, ...]
    kinds: Mapping[str, str]
    """By word, the kind of signal that it means."""
    labels: Mapping[str, str]
    """Of each kind, what it is called in all languages."""

    @classmethod
    def of(cls, policy: Policy) -> Rules:
        """A kind is meant by its id, and by what it is called in any language."""
        return cls(
            languages=tuple(policy.languages),
            kinds={folded(word): kind.id for kind in policy.signal_kinds for word in (kind.id, *kind.labels.values())},
            labels={kind.id: " ".join(kind.labels.values()) for kind in policy.signal_kinds},
        )

    def made_by(self) -> str:
        """By what services are made of rows: another makes them anew."""
        return _digest([MADE_BY, self.languages, sorted(self.kinds.items())])


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a source says around one service."""

    service: Row
    organisation: Row
    rows: Mapping[str, Sequence[tuple[str, Row]]] = field(default_factory=dict)
    """By table, rows with whose they are: `service`, `service_at_location`, `location`, `organization`, `contact`."""

    def of(self, resource: str, *owners: str) -> list[Row]:
        """The rows of a table that belong to one of these; in the order of the owners."""
        found = self.rows.get(resource, ())
        return [row for owner in owners for whose, row in found if whose == owner]

    def nearest(self, resource: str) -> list[Row]:
        """The rows of a table that say most of the service: its own, else its place's, else its organisation's."""
        for owners in (("service", "service_at_location", "contact"), ("location",), ("organization",)):
            if rows := self.of(resource, *owners):
                return rows
        return []


@dataclass(frozen=True, slots=True)
class Entry:
    """A service, and by what it is found."""

    service: Service
    sort_key: str
    areas: tuple[str, ...]
    places: tuple[Point, ...]
    schedules: tuple[dict[str, str], ...]
    open_in_week: tuple[tuple[int, int], ...] | None

    @property
    def digest(self) -> str:
        """The same when nothing changed."""
        return _digest([self])

    def title(self) -> set[str]:
        """The words of what it is called and what it is about."""
        return words(self.service.name, self.service.alternate_name, self.service.topics)

    def text(self) -> set[str]:
        """All its words."""
        service = self.service
        return self.title() | words(service.organisation_name, service.description, service.eligibility)


def words(*texts: str | None) -> set[str]:
    return {word for text in texts if text for word in WORD.findall(text.lower())}


def lexemes(entry: Entry, stems: Mapping[str, Sequence[str]]) -> list[str]:
    """All that it is found by, for one index: stems of words, and marks of what else can be asked for.

    Nothing when it is retired.
    """
    service = entry.service
    if service.retired:
        return []
    found = {stem for word in entry.text() for stem in stems.get(word, ())}
    found |= {marks.TITLE + stem for word in entry.title() for stem in stems.get(word, ())}
    found |= {marks.KIND + kind for kind in service.kinds} | {marks.LANGUAGE + each for each in service.languages}
    found |= {marks.AREA + each for each in entry.areas}
    found |= {f"{marks.OPEN}{hour}" for hour in hours.hours_of_week(entry.open_in_week or ())}
    found.add(marks.CARE if not service.stepping_stone else marks.PART)
    return sorted(found | ({marks.ROOM} if service.capacity != "no" else set()))


def terms(rows: Mapping[str, Row], taxonomies: Mapping[str, str], rules: Rules) -> dict[str, Term]:
    """What each term means, by its id: by its own words or those of a wider one. `taxonomies`: their names by id."""
    return {id_: _term(rows, id_, taxonomies, rules) for id_ in rows}


def entry(source: str, facts: Facts, meanings: Mapping[str, Term], rules: Rules) -> Entry:
    """What a source says of a service, in our words."""
    row, organisation = facts.service, facts.organisation
    found = [meanings[each["taxonomy_term_id"]] for each in facts.of("attribute", "service")
             if each["taxonomy_term_id"] in meanings]  # fmt: skip
    kinds = tuple(sorted({kind for term in found for kind in term.kinds}))
    spoken = _languages(facts, rules)
    language = spoken[0] if spoken[0] in rules.languages else rules.languages[0]
    schedules = facts.nearest("schedule")
    locations = facts.of("location", "location")
    laid = [_point(each) for each in locations]
    description = _joined(row.get("alert"), row.get("description"), row.get("interpretation_services"))
    service = Service(
        service_id=row["id"], source=source, organisation_id=row["organization_id"],
        organisation_name=_line(organisation.get("name", "")), partner_organisation=_partner(facts),
        name=_line(row["name"]), alternate_name=_line(row.get("alternate_name", "")) or None,
        topics=" ".join(dict.fromkeys([*(term.words for term in found), *(rules.labels[kind] for kind in kinds)])),
        summary=_summary(row.get("description")), description=description, url=row.get("url"), email=_email(facts),
        phones=tuple(_phones(facts)), addresses=tuple(_addresses(facts, locations)),
        opening_hours=hours.lines(schedules, language)[:MOST_LINES],
        eligibility=_joined(row.get("eligibility_description")), how_to_apply=_how(facts, language),
        fees=_fees(facts), language=language, languages=spoken, kinds=kinds,
        stepping_stone=TAKE_PART in kinds or any(term.stepping_stone for term in found),
        capacity=_capacity(facts, found), retired=row.get("status", "active") not in LISTED,
    )  # fmt: skip
    laid_out = tuple(dict.fromkeys(each for each in laid if each))
    drawn = facts.of("service_area", "service")
    return Entry(
        service, sort_key=folded(service.name)[:200],
        areas=places.areas([each.get("name", "") for each in drawn],
                           [each["extent"] for each in drawn if "extent" in each], laid_out),
        places=laid_out, schedules=tuple(_when(each) for each in schedules if each.get("opens_at")),
        open_in_week=_week(schedules),
    )  # fmt: skip


def _term(rows: Mapping[str, Row], id_: str, taxonomies: Mapping[str, str], rules: Rules) -> Term:
    """The first of it and the wider terms that it lies in that means a kind of ours."""
    row = rows[id_]
    taxonomy = folded(row.get("taxonomy") or taxonomies.get(row.get("taxonomy_id", ""), ""))
    said = {folded(row.get("code", "")), folded(row["name"])} - {""}
    capacity: Capacity = "unknown"
    if taxonomy == folded(CAPACITIES):
        return Term("", frozenset(), False, "yes" if "yes" in said else "no" if "no" in said else capacity)
    stepping_stone = taxonomy == folded(STEPPING_STONE) or "stepping stone" in said
    wider, seen = row, {id_}
    while wider is not None and len(seen) < 10:
        kinds = {
            rules.kinds[word] for word in (folded(wider.get("code", "")), folded(wider["name"])) if word in rules.kinds
        }
        if kinds:
            return Term(row["name"], frozenset(kinds), stepping_stone)
        above = wider.get("parent_id", "")
        if above in seen or above not in rows:
            break
        seen.add(above)
        wider = rows[above]
    return Term(row["name"], frozenset(), stepping_stone)


def _languages(facts: Facts, rules: Rules) -> tuple[str, ...]:
    """Those of the policy first, in its order. Who names none speaks the language of the place."""
    codes = [each.get("code", "").lower() for each in facts.nearest("language")]
    found = [_THREE.get(code, code) for code in (code.split("-")[0] for code in codes)]
    spoken = dict.fromkeys(code for code in found if re.fullmatch("[a-z]{2,3}", code))
    ours = [code for code in rules.languages if code in spoken]
    return (*ours, *(code for code in spoken if code not in ours)) or rules.languages[:1]


def _partner(facts: Facts) -> str | None:
    for each in facts.of("organization_identifier", "organization"):
        identifier = each.get("identifier", "").strip()
        if folded(each.get("identifier_scheme", "")) == WEEFSEL and re.fullmatch("[a-z0-9_-]{1,63}", identifier):
            return identifier
    return None


def _email(facts: Facts) -> str | None:
    contacts = [each["email"] for each in facts.nearest("contact") if "email" in each]
    return facts.service.get("email") or next(iter(contacts), None) or facts.organisation.get("email")


def _phones(facts: Facts) -> Iterator[str]:
    for each in facts.nearest("phone")[:10]:
        extension = f" ({each['extension']})" if "extension" in each else ""
        words = f" – {_line(each['description'])[:100]}" if "description" in each else ""
        yield f"{each['number']}{extension}{words}"


def _addresses(facts: Facts, locations: Sequence[Row]) -> Iterator[str]:
    """In one line each, where people go before where letters go; never whose attention it is for."""
    names = {each["id"]: each.get("name", "") for each in locations}
    found = sorted(facts.of("address", "location"), key=lambda each: each.get("address_type") != "physical")
    for each in found[:10]:
        street = ", ".join(each[name] for name in ("address_1", "address_2") if name in each)
        town = " ".join(each[name] for name in ("postal_code", "city") if name in each)
        yield _line(", ".join(filter(None, (names.get(each.get("location_id", ""), ""), street, town))))


def _how(facts: Facts, language: str) -> str | None:
    documents = [_line(each["document"]) for each in facts.of("required_document", "service") if "document" in each]
    bring = f"{_BRING.get(language, _BRING['en'])}: {'; '.join(documents)}" if documents else None
    wait = facts.service.get("wait_time")
    waiting = f"{_WAIT.get(language, _WAIT['en'])}: {wait}" if wait else None
    return _joined(facts.service.get("application_process"), waiting, bring)


def _fees(facts: Facts) -> str | None:
    options = [
        " ".join(each[name] for name in ("option", "amount", "currency", "amount_description") if name in each)
        for each in facts.of("cost_option", "service")
    ]
    said = facts.service.get("fees_description") or facts.service.get("fees")
    return _joined(said, "; ".join(filter(None, options)))


def _capacity(facts: Facts, found: Iterable[Term]) -> Capacity:
    """What it says itself, in a table of HSDS 3.1 or by an attribute; who is closed for now has none."""
    if facts.service.get("status") == CLOSED:
        return "no"
    free = [each["available"] for each in facts.of("service_capacity", "service") if "available" in each]
    said = {term.capacity for term in found} | {"yes" if float(each) > 0 else "no" for each in free}
    return "yes" if "yes" in said else "no" if "no" in said else "unknown"


def _point(location: Row) -> Point | None:
    return places.point(location.get("latitude", ""), location.get("longitude", ""))


def _when(schedule: Row) -> dict[str, str]:
    return {name: schedule[name] for name in hours.KEPT if name in schedule}


def _week(schedules: Sequence[Row]) -> tuple[tuple[int, int], ...] | None:
    found = hours.in_week(hours.read(schedules))
    return None if found is None else tuple(found)


def _line(text: str) -> str:
    return " ".join(text.split())


def _joined(*parts: str | None) -> str | None:
    text = "\n\n".join(part.strip() for part in parts if part and part.strip())
    return (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…") or None


def _summary(text: str | None) -> str | None:
    """Its first sentence, or as much of it as fits in a line or two."""
    line = _line(text or "")
    first = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0]
    return (first if len(first) <= LONGEST_SUMMARY else f"{first[: LONGEST_SUMMARY - 1].rsplit(' ', 1)[0]}…") or None


def _digest(values: Sequence[Any]) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=16).hexdigest()
