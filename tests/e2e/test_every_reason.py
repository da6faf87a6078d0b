"""No reason is a word alone: a row of a table brings it about on the real cluster, and the page
explains it and shows the message. That they are the cluster's own words, the rows' tests say.
"""

import re

import pytest

from flowrun_operator.api.reasons import Reason
from tests.e2e import attempts, bad_input, reasons_page

ALL = {str(reason) for reason in Reason}


def test_each_of_the_closed_set_has_a_row() -> None:
    of_runs = {row.reason for row in (*bad_input.ROWS, *bad_input.REFUSED_BY_POD_SECURITY)}
    of_attempts = {reason for row in attempts.ROWS for reason in row.reasons if reason}
    assert of_runs | of_attempts == ALL


def test_the_page_has_an_entry_for_each_and_for_nothing_else() -> None:
    assert set(reasons_page.entries()) == ALL


@pytest.mark.parametrize("reason", Reason)
def test_an_entry_says_what_it_means_shows_the_message_and_tells_what_to_do(reason: Reason) -> None:
    form = r"[^\n`].+\.\n```text\n.+\n```\n- \*\*Evidence:\*\* .+\n- \*\*What to do:\*\* .+\n.*"
    assert re.fullmatch(form, reasons_page.entries()[reason], re.DOTALL)
    assert all(reasons_page.messages(reason))


MEMORY = "container runner: killed for exceeding its memory limit of 256Mi (OOMKilled)."


@pytest.mark.parametrize(
    ("reason", "message", "how_many"),
    [
        ("OutOfMemory", f"Pod run-2-0a1b2-runner, {MEMORY}", 1),
        ("OutOfMemory", f"Pod run-2-0a1b2-runner, {MEMORY.replace('256', '64')}", 1),
        ("OutOfMemory", f"Pod run-2-0a1b2-runner, {MEMORY} And more", 1),
        ("OutOfMemory", f"Pod run-2-0a1b2-runner, {MEMORY.replace('limit', 'share')}", 0),
        ("OutOfMemory", f"Pod runner, {MEMORY}", 0),
        ("ContainerConfig", "Pod run-1-0a1b2-runner, container runner: no such key (for 30 s)", 1),
        ("ContainerConfig", "Pod run-1-0a1b2-runner, container runner: no such key", 0),
        ("ImagePull", f"Pod run-2-0a1b2-runner, {MEMORY}", 0),
    ],
)
def test_a_message_is_recognised_whatever_its_names_and_numbers(
    reason: str, message: str, how_many: int
) -> None:
    assert len(list(reasons_page.shown(reason, message))) == how_many
