"""The contracts as one page that needs nothing else: no server, network or build. Opens from a file, prints well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts import load
from shared.contracts.asyncapi import GUIDE
from shared.contracts.describe import Description, describe
from shared.contracts.problems import CODES

PAGE = Path(__file__).parents[2] / "docs" / "events.html"
TEMPLATE = "events.html.j2"
KINDS = {
    "command": "Something to do, sent durably or asked by request/reply; answered with accepted or rejected.",
    "query": "A question, by request/reply.",
    "event": "Something that happened: a fact without content.",
    "state": "The last known state of one thing, kept per id.",
    "letter": "A message to one partner.",
    "record": "A trace for operators.",
}


def text() -> str:
    """The page as it is committed. Jinja and markdown-it are asked for here alone: services start without them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False})
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"markdown": markdown.render, "inline": markdown.renderInline, "pretty": _pretty}
    described = [describe(contract) for contract in load().values()]
    template = environment.get_template(TEMPLATE)
    return template.render(groups=_groups(described), guide=GUIDE.read_text("utf-8"), codes=CODES, kinds=KINDS) + "\n"


def _groups(described: list[Description]) -> dict[str, dict[str, list[Description]]]:
    """By service, then by entity; what every service answers stands last."""
    groups: dict[str, dict[str, list[Description]]] = {}
    for each in sorted(described, key=lambda each: (each.type.startswith("any."), each.type)):
        service, entity, _ = each.type.split(".", 2)
        groups.setdefault(service, {}).setdefault(entity, []).append(each)
    return groups


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
