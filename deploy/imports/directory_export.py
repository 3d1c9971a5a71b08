"""A directory as files again: HSDS 3.0, a CSV file a table, with the datapackage.json that describes them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from deploy.imports.directory_tables import TABLES, datapackage
from deploy.trouble import Trouble
from shared.contracts.signals import DirectorySource, ExportRows, Resource
from shared.messaging.client import Client


async def write(client: Client, source: DirectorySource, folder: Path) -> Counter[Resource]:
    """Write all of a source into a folder that is empty or holds an earlier export. Returns the number of rows."""
    _prepare(folder)
    written: Counter[Resource] = Counter()
    for resource, table in TABLES.items():
        file = folder / table.file
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, table.column_names(), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            async for row in _rows(client, source.source, resource):
                writer.writerow(row)
                written[resource] += 1
        if not written[resource]:
            file.unlink()
    described = datapackage(source.source, source.title, [each for each in TABLES if written[each]])
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    return written


async def _rows(client: Client, source: str, resource: Resource) -> AsyncIterator[dict[str, str]]:
    after: str | None = None
    while True:
        page = await client.get(ExportRows(source=source, resource=resource, after=after))
        for row in page.rows:
            yield row
        after = page.next
        if after is None:
            return


def _prepare(folder: Path) -> None:
    ours = {"datapackage.json", *(table.file for table in TABLES.values())}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted(each.name for each in folder.iterdir() if each.name not in ours)
    except OSError as error:
        raise Trouble(f"{folder} can't be written to ({error.strerror}): choose another folder.") from None
    if others:
        raise Trouble(f"{folder} holds other files ({', '.join(others[:3])}): choose an empty folder.")
