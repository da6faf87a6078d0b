"""What may have changed since the attempt before is run again."""

import types
from pathlib import Path

import pytest

from flowlib import Flow, Parameter, task
from tests.flowlib.engine.resume.attempts import Attempts, Trouble, sums

PROGRAM = """
from flowlib import Flow, Parameter, Task, task

calls = []
OFFSET = 1
TABLE = {"by": 2}

def helper(x):
    return x * TABLE["by"]

@task
def numbers(n):
    calls.append("numbers")
    return list(range(n))

@task
def inc(x):
    calls.append("inc")
    return helper(x) + OFFSET

class Less(Task):
    def __init__(self, by, **kwargs):
        self.by = by
        super().__init__(**kwargs)

    def run(self, x):
        calls.append("less")
        return x - self.by

@task
def total(values):
    calls.append("total")
    return sum(values)

@task
def other():
    calls.append("other")

with Flow("f") as flow:
    n = Parameter("n", default=3)
    end = total(Less(by=1).map(inc.map(numbers(n))))
    other()
"""


def loaded(text: str) -> types.ModuleType:
    module = types.ModuleType("program")
    exec(text, vars(module))
    return module


CHANGES = {
    "nothing": (PROGRAM, []),
    "a comment, and where the code stands": (
        PROGRAM.replace("def helper(x):", "# times\n\n\ndef helper(x):"),
        [],
    ),
    "how often it may be tried": (
        PROGRAM.replace(
            "@task\ndef inc",
            "import datetime\n@task(max_retries=3, retry_delay=datetime.timedelta(1))\ndef inc",
        ),
        [],
    ),
    "a body": (PROGRAM.replace("return sum(values)", "return sum(values) + 1"), ["total"]),
    "a body to the same effect": (
        PROGRAM.replace("return helper(x)", "return 0 + helper(x)"),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a function that a body calls": (
        PROGRAM.replace("return x * ", "return 2 * x * "),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a constant of the module": (
        PROGRAM.replace("OFFSET = 1", "OFFSET = 2"),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "a table that a function looks at": (
        PROGRAM.replace('"by": 2', '"by": 3'),
        [*["inc"] * 3, *["less"] * 3, "total"],
    ),
    "what a task holds": (
        PROGRAM.replace("Less(by=1)", "Less(by=2)"),
        [*["less"] * 3, "total"],
    ),
    "a method": (
        PROGRAM.replace("return x - self.by", "return x - self.by - 1"),
        [*["less"] * 3, "total"],
    ),
    "a trigger": (
        PROGRAM.replace(
            "@task\ndef total",
            "from flowlib import triggers\n@task(trigger=triggers.all_finished)\ndef total",
        ),
        ["total"],
    ),
    "an argument": (
        PROGRAM.replace("(numbers(n))", "(numbers(4))").replace("    n = Parameter", "#"),
        ["numbers", *["inc"] * 4, *["less"] * 4, "total"],
    ),
    "the order in the flow": (
        PROGRAM.replace("    other()", "").replace(
            "    end = total", "    other()\n    end = total"
        ),
        [],
    ),
    "a task more": (PROGRAM + "    total([1, 2])\n", ["total"]),
}


@pytest.mark.parametrize(("text", "called"), CHANGES.values(), ids=CHANGES.keys())
def test_changed_code_is_run_again_and_what_depends_on_it(
    attempts: Attempts, text: str, called: list[str]
) -> None:
    first = loaded(PROGRAM)
    attempts.run(first.flow)
    assert len(first.calls) == 1 + 3 + 3 + 1 + 1
    second = loaded(text)

    final = attempts.run(second.flow)

    assert sorted(second.calls) == sorted(called)
    fresh = loaded(text)
    expected = fresh.flow.run()
    assert final.result[second.end].result == expected.result[fresh.end].result


def test_a_changed_parameter_invalidates_what_depends_on_it(attempts: Attempts) -> None:
    program = loaded(PROGRAM)
    attempts.run(program.flow, n=2)
    program.calls.clear()

    assert attempts.run(program.flow, n=3).result[program.end].result == 6

    # What numbers came to is compared as a whole.
    assert sorted(program.calls) == sorted(["numbers", *["inc"] * 3, *["less"] * 3, "total"])


def test_of_a_changed_list_only_the_children_of_changed_items_run(attempts: Attempts) -> None:
    calls = attempts.calls

    @task
    def inc(x: int) -> int:
        calls.append(x)
        return x + 1

    @task
    def total(values: list[int]) -> int:
        calls.append("total")
        return sum(values)

    with Flow("f") as flow:
        end = total(inc.map(Parameter("xs")))
    attempts.run(flow, xs=[1, 2, 3])

    assert attempts.run(flow, xs=[1, 5, 3, 4]).result[end].result == 2 + 6 + 4 + 5

    assert attempts.calls == [5, 4, "total"]


def test_an_input_that_comes_out_otherwise_invalidates_what_was_made_of_it(
    attempts: Attempts,
) -> None:
    calls, listing = attempts.calls, Path(attempts.folder.parent, "listing")

    @task
    def names() -> list[str]:
        calls.append("names")
        return listing.read_text().split()

    @task
    def length(name: str) -> int:
        calls.append(name)
        return len(name)

    with Flow("f") as flow:
        found = length.map(names())
    listing.write_text("a bb")
    attempts.run(flow)
    attempts.files()[0].unlink()  # that of names
    listing.write_text("ccc bb")

    assert attempts.run(flow).result[found].result == [3, 2]

    assert attempts.calls == ["names", "ccc", "bb"]


def test_an_input_that_comes_out_the_same_invalidates_nothing(
    attempts: Attempts, trouble: Trouble
) -> None:
    flow, _ = sums(attempts, trouble)
    attempts.run(flow)
    attempts.files()[0].unlink()  # that of numbers

    assert attempts.run(flow).is_successful()

    assert attempts.calls == ["numbers"]
