"""`@handles`: which function answers which message, and what a handler may raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shared.contracts.envelope import Command, Confidence, Contract, Event, Problem, Query, State
from shared.contracts.subjects import RESERVED_SENDERS

if TYPE_CHECKING:
    from shared.messaging.transaction import Transaction

M = TypeVar("M", bound=Contract)
Handle = Callable[[Any, "Transaction"], Awaitable[Contract | None]]
_MARK, _READS = "__weefsel_handles__", "__weefsel_reads__"


class Rejected(Exception):
    """The command can't be done, and why: it is answered 'rejected', what it wrote is undone, and it is not retried."""

    def __init__(
        self, code: str = "", message: str = "", field: str = "", *, problems: Iterable[Problem] | None = None
    ) -> None:
        self.problems = list(problems or [Problem(code=code, field=field, message=message)])
        super().__init__("; ".join(problem.code for problem in self.problems))


class NotYetKnown(Exception):
    """The message arrived before what it builds on: try again later."""


def handles(
    *contracts: type[M], reads: bool | Literal["ours"] = False
) -> Callable[[Callable[[M, Transaction], Awaitable[Any]]], Callable[[M, Transaction], Awaitable[Any]]]:
    """Mark a function as the handler of a contract: `@handles(OfferMade)`; of several, where each means the same to it.

    `reads`: it answers a question, and changes and locks nothing. It is spared a transaction then: each statement is
    one, on a connection that refuses to write. `ours`: so it is for our own senders, while it writes down what a
    partner looked at.
    """
    questions = all(issubclass(each, Query) and not issubclass(each, Confidence) for each in contracts)
    assert not reads or questions, "only a question reads"

    def mark(function: Callable[[M, Transaction], Awaitable[Any]]) -> Callable[[M, Transaction], Awaitable[Any]]:
        setattr(function, _MARK, contracts)
        setattr(function, _READS, reads)
        return function

    return mark


def only_reads(handle: Handle, sender: str) -> bool:
    """Whether a handler was marked as one that reads, for this sender."""
    reads = getattr(handle, _READS, False)
    return reads is True or (reads == "ours" and sender in RESERVED_SENDERS)


@dataclass(frozen=True)
class Handlers:
    """The handlers of one service, by the type of the message that they take."""

    by_type: dict[str, tuple[type[Contract], Handle]]

    @classmethod
    def collect(cls, modules: Iterable[ModuleType]) -> Handlers:
        """All functions of these modules that `@handles` marked. Two for one type is a mistake."""
        found: dict[str, tuple[type[Contract], Handle]] = {}
        for module in modules:
            for function in vars(module).values():
                if getattr(function, "__module__", "") != module.__name__:
                    continue
                for contract in getattr(function, _MARK, ()):
                    if contract.TYPE in found:
                        raise ValueError(f"{contract.TYPE} has two handlers: keep one")
                    found[contract.TYPE] = (contract, function)
        return cls(found)

    def get(self, type_: str) -> tuple[type[Contract], Handle] | None:
        return self.by_type.get(type_)

    def events(self) -> list[type[Event]]:
        return [contract for contract, _ in self.by_type.values() if issubclass(contract, Event)]

    def states(self) -> list[type[State]]:
        return [contract for contract, _ in self.by_type.values() if issubclass(contract, State)]

    def commands(self) -> list[type[Command]]:
        return [contract for contract, _ in self.by_type.values() if issubclass(contract, Command)]

    def queries(self) -> list[type[Query]]:
        return [contract for contract, _ in self.by_type.values() if issubclass(contract, Query)]
