"""Everything that is wrong with a directory's files, in a file of its own."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO, Self

from deploy.imports.directory import Mistake
from deploy.trouble import Trouble

SHOWN = 20


class Report:
    """A CSV file that is made with the first mistake. A report of before is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: list[Mistake] = []
        """The first few, to be shown."""
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, mistake: Mistake) -> None:
        """Raises Trouble when it can't be written."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(mistake)
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8-sig", newline="")
                csv.writer(self._file).writerow(["file", "row", "field", "what to do"])
            csv.writer(self._file).writerow([mistake.file, mistake.row or "", mistake.field, mistake.message])
        except OSError as error:
            raise Trouble(
                f"What is wrong can't be written to {self.path} ({error.strerror}): give another file with --report."
            ) from None
