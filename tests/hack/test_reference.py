"""docs/reference.md: everything public stands in it, and has a docstring."""

import re

import pytest

from hack import reference

NAMES = [
    (module.__name__, name, value)
    for module in reference.modules()
    for name, value in reference.members(module)
]


@pytest.mark.parametrize("value", [pytest.param(v, id=f"{m}.{n}") for m, n, v in NAMES])
def test_everything_public_has_a_docstring(value: object) -> None:
    assert value.__doc__


def test_the_page_has_the_headings_of_the_code() -> None:
    def headings(page: str) -> list[str]:
        return re.findall(r"^##+ [\w.]+", page, re.MULTILINE)

    # Its texts may lag behind the docstrings until the page is written anew.
    assert headings(reference.PAGE.read_text()) == headings(reference.page())
