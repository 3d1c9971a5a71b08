"""Write what is generated from the contracts, or with `--check` say what is out of date. Part of `make generate`."""

from __future__ import annotations

import argparse
import sys

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
    refused = changes if options.check else [change for change in changes if change.breaking and not options.breaks]
    if not options.check and not refused:
        write(found)
    for change in refused:
        print(change, file=sys.stderr)  # noqa: T201
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
