"""Tokens and links: what is ours is known, what isn't is nothing; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain import tokens
from services.notify.domain.links import ONCE, Link, standing

SECRET, OTHER = b"s" * 32, b"t" * 32
RANDOM = bytes(range(16))
FORM = UUID("019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f")
NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
LINK = Link(b"d", "participant", FORM, "invitation", FORM, None, "", NOW, NOW + timedelta(days=1))


def test_a_token_is_known_by_its_own_secret_and_purpose_alone() -> None:
    token = tokens.token(SECRET, "link", RANDOM)
    assert len(token) == 43
    assert tokens.digest(SECRET, "link", token) is not None
    assert tokens.digest(OTHER, "link", token) is None
    assert tokens.digest(SECRET, "session", token) is None


def test_what_is_kept_of_a_token_opens_nothing() -> None:
    token = tokens.token(SECRET, "link", RANDOM)
    kept = tokens.digest(SECRET, "link", token)
    assert kept is not None
    assert kept.hex() not in token
    assert tokens.digest(SECRET, "link", kept.hex()) is None


@given(st.integers(0, 42), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_token_with_one_other_letter_is_no_token(at: int, letter: str) -> None:
    token = tokens.token(SECRET, "link", RANDOM)
    other = token[:at] + letter + token[at + 1 :]
    assert other == token or tokens.digest(SECRET, "link", other) is None


@given(st.text(max_size=200))
def test_any_text_is_no_token(text: str) -> None:
    assert tokens.digest(SECRET, "link", text) is None
    assert tokens.form_id(SECRET, b"scope", text) is None


def test_a_form_comes_back_only_from_whom_it_was_shown_to() -> None:
    form = tokens.form(SECRET, b"mine", FORM)
    assert tokens.form_id(SECRET, b"mine", form) == FORM
    assert tokens.form_id(SECRET, b"yours", form) is None
    assert tokens.form_id(OTHER, b"mine", form) is None


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, "open"),
        ({"used_at": NOW}, "used"),
        ({"expires_at": NOW}, "expired"),
        ({"used_at": NOW, "expires_at": NOW}, "expired"),
        ({"used_at": NOW, "revoked_at": NOW}, "revoked"),
        ({"used_at": NOW, "purpose": "gathering"}, "open"),
    ],
)
def test_how_a_link_stands(change: dict[str, object], stands: str) -> None:
    assert standing(replace(LINK, **change), NOW) == stands  # type: ignore[arg-type]


def test_only_answers_and_the_desk_are_for_once() -> None:
    assert sorted(ONCE) == ["circle", "desk", "invitation"]
