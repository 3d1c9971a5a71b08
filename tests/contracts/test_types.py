"""Words and ids: whatever text is sent, each type takes it or refuses it with a sentence."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts import types
from shared.contracts.envelope import Contract
from shared.contracts.notify import SendTestMail
from shared.contracts.profiles import ChangeWorker, RegisterOrganisation, RegisterParticipant, RegisterWorker
from shared.messaging.incoming import problems_of

NAMES = [
    "Cell", "Email", "Language", "LocalNames", "Moment", "Name", "NeighbourhoodId", "Note", "OrganisationId",
    "ParticipantId", "Phone", "Text", "Timezone", "Token", "Version", "Words",
]  # fmt: skip
TEXT = (
    st.text(max_size=80)
    | st.from_regex(r"[0-9a-fA-F]{0,40}", fullmatch=True)
    | st.from_regex(r"[+0-9 ()./-]{0,50}", fullmatch=True)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", NAMES)
@given(value=ANYTHING)
@example(value="10000000000000000")
@example(value="9" * 5000)
@example(value="../../etc/passwd")
@example(value="\x00")
@example(value="\ud800")
@example(value="0001-01-01T00:00:00+23:59")
@example(value=10**30)
@example(value=float("nan"))
def test_any_value_is_taken_or_refused_with_a_sentence(name: str, value: Any) -> None:
    adapter = TypeAdapter(getattr(types, name))
    try:
        taken = adapter.validate_python(value)
    except ValidationError as refused:
        assert all(error["msg"] for error in refused.errors(include_url=False, include_input=False))
    else:
        assert adapter.validate_json(json.dumps(adapter.dump_python(taken, mode="json"))) == taken


@pytest.mark.parametrize(
    "name", ["Maria Peeters", "يوسف", "李小龍", "Zoë 🌻", "O’Brien-D'Haese", "שרה", "Łukasz", "נָעֳמִי"]
)
def test_names_of_every_script_are_taken(name: str) -> None:
    assert TypeAdapter(types.Name).validate_python(f"  {name} ") == name


@pytest.mark.parametrize(
    "name", ["", "  ", "\u200b", "\u2060\ufeff", "Maria\nPeeters", "Maria\tPeeters", "invoice\u202egnp.exe", "\u2066x"]
)
def test_a_name_is_one_visible_line_that_looks_like_what_it_is(name: str) -> None:
    """Nothing to see, a second line (a mail's header ends there), or letters that turn their neighbours around."""
    with pytest.raises(ValidationError):
        TypeAdapter(types.Name).validate_python(name)


ADDRESSES = {
    "ends in NUL": "marie@example.org\x00",
    "NUL": "marie\x00@example.org",
    "delete": "ma\x7frie@example.org",
    "escape": "marie@exam\x1bple.org",
    "a second header": "marie@example.org\r\nBcc: all@example.org",
    "ends in a line break": "marie@example.org\n",
    "begins with one": "\r\nmarie@example.org",
    "a line break of Unicode": "marie@example.org\u2028",
    "a tab": "marie@example.org\t",
    "without width": "marie\u200b@example.org",
    "a soft hyphen": "ma\u00adrie@example.org",
    "a space of another width": "marie@example.org\u00a0",
    "turned around": "\u202emarie@example.org",
}
HOLDING: dict[str, tuple[type[Contract], dict[str, Any], str]] = {
    "participant": (RegisterParticipant, {"reach": {"by": "email", "email": ...}}, "reach.email"),
    "worker": (RegisterWorker, {"email": ...}, "email"),
    "change of a worker": (ChangeWorker, {"email": ...}, "email"),
    "organisation": (RegisterOrganisation, {"email": ...}, "email"),
    "mail to try out": (SendTestMail, {"address": ...}, "address"),
}


@pytest.mark.parametrize("holding", HOLDING)
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_what_cant_be_seen_is_refused_by_a_sentence_that_names_its_field(
    holding: str, address: str
) -> None:
    contract, values, field = HOLDING[holding]

    def filled(into: dict[str, Any], text: str) -> dict[str, Any]:
        return {k: filled(v, text) if isinstance(v, dict) else text if v is ... else v for k, v in into.items()}

    with pytest.raises(ValidationError) as refused:
        contract.model_validate(contract.EXAMPLE | filled(values, ADDRESSES[address]))
    sentences = {(each.field, each.message) for each in problems_of(refused.value)}
    ((named, sentence),) = {each for each in sentences if each[0].startswith(field)}
    assert named.removeprefix(field) in ("", ".str"), named
    assert re.fullmatch(rf"{named} holds a character that can't be seen \(U\+[0-9A-F]{{4}}\): remove it", sentence)
    contract.model_validate(contract.EXAMPLE | filled(values, "  zoë@example.org "))


def test_every_type_is_tried() -> None:
    public = {name for name in vars(types) if name[0].isupper() and hasattr(vars(types)[name], "__metadata__")}
    assert public <= set(NAMES), "add it to NAMES"
