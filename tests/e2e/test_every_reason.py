"""No reason is a word alone: a row of a table brings it about on the real cluster."""

import re
from pathlib import Path

from flowrun_operator.api.reasons import Reason
from tests.e2e import attempts, bad_input

PAGE = (Path(__file__).parents[2] / "docs" / "reasons.md").read_text()
ALL = {str(reason) for reason in Reason}


def test_each_of_the_closed_set_has_a_row() -> None:
    of_runs = {row.reason for row in (*bad_input.ROWS, *bad_input.REFUSED_BY_POD_SECURITY)}
    of_attempts = {reason for row in attempts.ROWS for reason in row.reasons if reason}
    assert of_runs | of_attempts == ALL


def test_the_page_explains_each() -> None:
    assert set(re.findall(r"^\| ([A-Z]\w+) \|", PAGE, re.MULTILINE)) == ALL
