"""Every piece of a spec that the docs show is one."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowrun_operator.api.spec import FlowRunSpec

DOCS = Path(__file__).parents[3] / "docs"
FLOW = {"flow": {"entrypoint": "a.b:c"}}


def pieces() -> list[tuple[str, str]]:
    return [
        (page.name, block)
        for page in (DOCS / "runs.md", DOCS / "reasons.md")
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    ]


@pytest.mark.parametrize(("page", "block"), pieces(), ids=lambda text: text.split("\n")[0])
def test_a_piece_of_a_spec_is_valid(page: str, block: str) -> None:
    piece: dict[str, Any] = yaml.safe_load(block)
    spec = FlowRunSpec.model_validate(FLOW | piece).to_json()
    for field, value in piece.items():
        if not isinstance(value, dict | list):
            assert spec[field] == value


def test_both_pages_have_pieces() -> None:
    assert {page for page, _ in pieces()} == {"runs.md", "reasons.md"}
