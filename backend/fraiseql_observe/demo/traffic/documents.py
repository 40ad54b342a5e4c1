"""The GraphQL documents of `documents.graphql`, by the name of their operation."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

OPERATION = re.compile(r"^(?:query|mutation) (\w+)", re.MULTILINE)


@cache
def documents() -> dict[str, str]:
    text = resources.files(__package__ or __name__).joinpath("documents.graphql").read_text()
    blocks = [block for block in text.split("\n\n") if not block.startswith("#")]
    return {_name(block): block.strip() for block in blocks}


def _name(block: str) -> str:
    found = OPERATION.search(block)
    if found is None:
        raise ValueError(f"documents.graphql has a block without an operation: {block[:60]!r}")
    return found[1]
