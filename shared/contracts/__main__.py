"""Write what is generated from the contracts, or with `--check` say what is out of date. Part of `make generate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from shared.contracts import asyncapi, page
from shared.contracts.drift import drift
from shared.contracts.schemas import committed, schemas, write


def main() -> int:
    """0 when all is well; 1, with a sentence each, when something breaks readers or is out of date."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is out of date")
    parser.add_argument(
        "--break", dest="breaks", action="store_true", help="write what breaks readers too: only before it is released"
    )
    options = parser.parse_args()
    found = schemas()
    changes = drift(committed(), found)
    if options.check:
        sentences = [str(change) for change in changes] + [
            f"{path} is out of date: run `make generate`." for path in _old()
        ]
    else:
        sentences = [str(change) for change in changes if change.breaking and not options.breaks]
        if not sentences:
            write(found)
            for path, text in _pages().items():
                path.write_text(text, "utf-8")
    for sentence in sentences:
        print(sentence, file=sys.stderr)  # noqa: T201
    return 1 if sentences else 0


def _pages() -> dict[Path, str]:
    """The generated documents, each with its text."""
    return {asyncapi.DOCUMENT: asyncapi.text(), page.PAGE: page.text()}


def _old() -> list[str]:
    """The generated documents that no longer say what the contracts say."""
    return [path.name for path, text in _pages().items() if not path.exists() or path.read_text("utf-8") != text]


if __name__ == "__main__":
    sys.exit(main())
