"""The policy: what a municipality decided. One TOML file, read and checked when a service starts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.contracts.types import Language, Name, Token

PACKAGED = Path(__file__).parent / "policies" / "default.toml"
Days = Annotated[int, Field(ge=1, le=36_500)]


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


class Kind(Part):
    """One thing that neighbours enjoy giving or would enjoy, in the words of each language."""

    id: Token
    labels: dict[Language, Name]


class Policy(Part):
    """What a municipality decided."""

    languages: list[Language] = Field(min_length=1)
    """In which people are written to; the first is the one to fall back on."""
    visits: Visits
    invitations: Invitations
    day_parts: DayParts
    figures: Figures
    retention: Retention
    kinds: list[Kind] = Field(min_length=1)
    """Talents and wishes to choose from."""
    variants: dict[Token, Policy] = {}
    """Policies that some neighbourhoods have instead, by name."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        ids = [kind.id for kind in self.kinds]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise ValueError(f"kinds: {', '.join(twice)} stands there twice")
        for kind in self.kinds:
            missing = [language for language in self.languages if language not in kind.labels]
            if missing:
                raise ValueError(f"kinds: {kind.id} has no label in {', '.join(missing)}")
        if DEFAULT in self.variants:
            raise ValueError(f"variants: '{DEFAULT}' is the name of the policy itself: choose another")
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
        for kind in self.kinds:
            if kind.id == id_:
                return kind.labels.get(language) or kind.labels[self.languages[0]]
        return id_


DEFAULT = "default"


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
