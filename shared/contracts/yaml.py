"""YAML that reads well, for documents made of dicts, lists and plain values. Only written here, never read."""

from __future__ import annotations

import json
import re
from typing import Any


def to_yaml(value: Any, indent: int = 0) -> str:
    """As YAML that reads well: blocks for text of several lines, JSON's own quotes wherever a word could mislead."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_scalar(str(key))}:{_below(item, indent)}" for key, item in value.items())
    assert isinstance(value, list)
    lines = []
    for item in value:
        if isinstance(item, (dict, list)) and item:
            lines.append(f"{pad}- {to_yaml(item, indent + 1).lstrip(' ')}")
        else:
            lines.append(f"{pad}- {_scalar(item)}\n")
    return "".join(lines)


def _below(value: Any, indent: int) -> str:
    """What stands after a key."""
    if isinstance(value, (dict, list)) and value:
        return "\n" + to_yaml(value, indent + 1)
    if isinstance(value, str) and "\n" in value.strip("\n"):
        pad = "  " * (indent + 1)
        keep = "" if value.endswith("\n") else "-"
        lines = (f"{pad}{line}\n" if line else "\n" for line in value.removesuffix("\n").split("\n"))
        return f" |{keep}\n" + "".join(lines)
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z$][A-Za-z0-9_.$/-]*( [A-Za-z0-9_.-]+)*", value)
    if plain and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n"):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
