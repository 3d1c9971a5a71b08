"""There is one kind of participant, and what two people have between them reads the same from both sides."""

from __future__ import annotations

import re

from shared.contracts import load
from shared.contracts.describe import describe
from shared.contracts.envelope import Contract
from shared.contracts.schemas import schema_of

CONTRACTS = load()


def _properties(type_: str) -> dict[str, object]:
    properties: dict[str, object] = schema_of(CONTRACTS[type_])["properties"]
    return properties


def _of_participants() -> list[type[Contract]]:
    return [contract for type_, contract in CONTRACTS.items() if type_.startswith("profiles.participant.")]


def test_there_is_one_kind_of_participant() -> None:
    """No contract sorts people: a kind belongs to a talent or a wish, a status says only whether they take part now."""
    found = [
        f"{contract.TYPE}: {field.path}"
        for contract in _of_participants()
        for part in (describe(contract).fields, describe(contract).result)
        for field in part
        if re.search(r"(^|_|\.)(kind|role|type|group|category|class|segment)$", field.path)
        and not re.match(r"(talents|wishes)\[\]\.kind$", field.path)
    ]
    assert not found, found


def test_talents_and_wishes_have_the_same_shape() -> None:
    """Everyone is invited to name both, and neither is required."""
    for type_ in ("profiles.participant.register.v1", "profiles.participant.change.v1", "profiles.participant.kept.v1"):
        fields = _properties(type_)
        assert fields["talents"] == fields["wishes"]
        assert not {"talents", "wishes"} & set(schema_of(CONTRACTS[type_]).get("required", []))


def test_a_visit_says_who_and_when_never_what() -> None:
    visits = [type_ for type_ in CONTRACTS if type_.startswith("profiles.visit.")]
    assert visits
    for type_ in visits:
        described = describe(CONTRACTS[type_])
        for field in [*described.fields, *described.result]:
            assert "text" not in field.kind or re.search(r"(_id|next|after)$", field.path), f"{type_}: {field.path}"


def test_a_circle_reads_the_same_from_both_sides() -> None:
    """Whoever asked, who is in a circle stands there as one of two, without a side."""
    for type_ in (name for name in CONTRACTS if name.startswith("profiles.circle.")):
        for field in describe(CONTRACTS[type_]).fields:
            assert not re.search(r"(from|to|asker|asked|owner|member)_id$", field.path), f"{type_}: {field.path}"
