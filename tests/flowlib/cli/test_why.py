import re
from pathlib import Path

from flowlib.cli.advice import ADVICE
from tests.flowlib.cli.goldens import WHY

PAGE = (Path(__file__).parents[3] / "docs" / "reasons.md").read_text()
BUNDLE = "/api/v1/namespaces/data/configmaps/nightly-1-u1-post-mortem"
FAILED = {
    "phase": "Failed",
    "reason": "WorkersLost",
    "message": "1 of 3 tasks failed; the first was load[1]: Attempted to run task 'load-1-4'",
    "tasks": {"total": 3, "succeeded": 1, "failed": 1, "pending": 1},
    "failedTasks": [{"name": "load[1]", "message": "Attempted to run task 'load-1-4'"}],
    "usage": {"peakMemoryBytes": 943718400},
    "attempts": [
        {
            "number": 1,
            "startTime": "2026-11-22T04:58:00Z",
            "endTime": "2026-11-22T04:59:35Z",
            "runnerPodName": "nightly-1-u1-runner",
            "exitCode": 3,
            "reason": "WorkersLost",
            "postMortem": "nightly-1-u1-post-mortem",
        }
    ],
}


def test_the_advice_is_that_of_the_page():
    entries = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
    said = {
        entry.split("\n")[0]: re.findall(r"^- \*\*What to do:\*\* (.+)$", entry, re.MULTILINE)
        for entry in entries
    }
    assert said == {reason: [what] for reason, what in ADVICE.items()}


def test_a_failed_run_at_one_screen(cli, api_server, a_flowrun):
    api_server.answer("GET", f"{api_server.runs}/nightly", (200, a_flowrun("nightly", **FAILED)))
    data = {
        "summary.txt": "FlowRun data/nightly, attempt 1",
        "runner.log": "".join(f"line {n}\n" for n in range(20)),
        "worker-w1.log": "loading\n",
        "events.txt": "w1: Warning OOMKilling\n",
        "pods.json": "{}",
    }
    api_server.answer("GET", BUNDLE, (200, {"data": data}))
    result = cli("why", "nightly")
    assert (result.exit_code, result.output) == (0, WHY + "\n")


def test_a_bundle_that_is_gone_is_said_to_be(cli, api_server, a_flowrun, a_refusal):
    api_server.answer("GET", f"{api_server.runs}/nightly", (200, a_flowrun("nightly", **FAILED)))
    api_server.answer("GET", BUNDLE, a_refusal(404, "not found", "configmaps"))
    result = cli("why", "nightly")
    assert result.exit_code == 0
    assert "Last words of attempt 1\n  nothing was kept of its pods\n" in result.output
    assert "kubectl get configmap" not in result.output


def test_a_run_that_is_well_has_nothing_to_explain(cli, api_server, a_flowrun):
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, a_flowrun(phase="Running")))
    result = cli("why", "diamond")
    assert "Reason   none: nothing has gone wrong so far\n" in result.output
    assert "What to do" not in result.output


def test_a_run_that_is_tried_again_tells_of_the_attempt_that_failed(cli, api_server, a_flowrun):
    attempts = [{"number": 1, "reason": "RunnerLost", "startTime": "x"}, {"number": 2}]
    run = a_flowrun(phase="Running", attempts=attempts)
    api_server.answer("GET", f"{api_server.runs}/diamond", (200, run))
    output = cli("why", "diamond").output
    assert "Reason   RunnerLost, of attempt 1\n" in output
    assert f"What to do\n  {ADVICE['RunnerLost']}\n" in output
