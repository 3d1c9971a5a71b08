"""The conditions of a list: those that were asked for and no others."""

from __future__ import annotations


class Conditions:
    """What stands behind WHERE, with the values that go with it.

    Each combination is a statement of its own, which PostgreSQL plans once and well: of `$1 IS NULL OR place = $1` it
    can't tell, without the value, that an index serves.
    """

    def __init__(self, *fixed: str) -> None:
        self.values: list[object] = []
        self._all = list(fixed)

    def add(self, condition: str, *values: object) -> None:
        """A condition, with `{}` for each of its values."""
        self._all.append(condition.format(*(self.value(each) for each in values)))

    def given(self, condition: str, value: object) -> None:
        """The same, unless there is no value."""
        if value is not None:
            self.add(condition, value)

    def value(self, value: object) -> str:
        """A place for a value elsewhere in the statement, such as behind LIMIT."""
        self.values.append(value)
        return f"${len(self.values)}"

    def __str__(self) -> str:
        return " AND ".join(self._all) or "true"
