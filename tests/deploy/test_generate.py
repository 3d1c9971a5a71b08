"""What is committed beside the migrations is what they make."""

from __future__ import annotations

from deploy import generate


async def test_every_schema_sql_is_what_the_migrations_make() -> None:
    for path, text in (await generate.schemas()).items():
        assert path.read_text("utf-8") == text, f"{path.name} is out of date: run `make generate`"
