"""docs/migration.md: every snippet of it is run, and its assertions hold."""

import re
from pathlib import Path

import pytest

from flowlib.configuration import config

FOLDER = Path(__file__).parents[2] / "docs"
PAGE = (FOLDER / "migration.md").read_text()
SNIPPETS = [
    (PAGE[: found.start()].count("\n") + 2, found[1])
    for found in re.finditer(r"```python\n(.*?)```", PAGE, re.DOTALL)
]


@pytest.mark.parametrize(("line", "snippet"), SNIPPETS, ids=lambda value: str(value)[:20])
def test_a_snippet(
    line: int, snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "assert " in snippet
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "home_dir", str(tmp_path))
    # An error of line n is at line n of the page.
    exec(compile("\n" * (line - 1) + snippet, "docs/migration.md", "exec"), {"__name__": "page"})


def test_what_the_page_links_to_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", PAGE)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []
