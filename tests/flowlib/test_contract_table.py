"""docs/prefect1.md names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "prefect1.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(?:\w+::)?(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    source = (ROOT / "tests" / "flowlib" / file).read_text()

    assert re.search(rf"^ *(async )?def {name}\(", source, flags=re.MULTILINE)


def test_every_item_names_a_test() -> None:
    tables = PAGE[PAGE.index("## Import surface") :]
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    items = [row for row in rows if row not in ("| item | tests |", "|---|---|")]

    assert [row for row in items if "::test_" not in row] == []
    assert len(items) > 50
