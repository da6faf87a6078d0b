"""What the commands print about a run: pure, so that golden texts can hold them.

Each function gives a rich Text; on a pipe only its characters are printed.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from flowlib.cli.advice import ADVICE
from flowlib.cli.seen import SeenAttempt, SeenRun, Tasks, moment

STYLES = {
    "Pending": "yellow",
    "Starting": "yellow",
    "Running": "cyan",
    "Succeeded": "green",
    "Failed": "red",
    "Cancelled": "magenta",
}
Row = Sequence[str]
#: How many last lines of a kept text are shown; the whole is in the ConfigMap.
SHOWN = {"runner.log": 8, "events.txt": 6, "scheduler.log": 4}
SHOWN_OF_OTHERS = 4
#: What stands above it already, or is no text for a person.
NOT_SHOWN = frozenset({"summary.txt", "failed-tasks.json", "pods.json"})
HEADINGS: Row = ("NAME", "PHASE", "WORKERS", "TASKS", "DASHBOARD", "DURATION", "AGE")


def table(runs: Sequence[SeenRun], now: datetime) -> Text:
    """All runs, in the columns of `kubectl get fr`."""
    rows = [
        (
            run.name,
            run.phase,
            run.summary("workers") or "-",
            run.summary("tasks") or "-",
            run.dashboard_url or "-",
            run.summary("duration") or "-",
            age((now - run.created).total_seconds()),
        )
        for run in runs
    ]
    return Text("\n").join(_columns([HEADINGS, *rows]))


def screen(run: SeenRun, now: datetime) -> Text:
    """One run at one look: how it stands, why, and what to do next."""
    parts = [
        _heading(run),
        _indented(_facts(run, now)),
        _section("Conditions", _conditions(run)),
        _section("Failed tasks", run.failed_tasks),
        _section("Attempts", _attempts(run)),
        _section("Next", [(line,) for line in next_steps(run)]),
    ]
    return Text("\n").join(part for part in parts if part)


def why(run: SeenRun, attempt: SeenAttempt | None, kept: dict[str, str] | None) -> Text:
    """What happened to a run, the evidence, and what to do about it."""
    reason = run.reason or (attempt.reason if attempt else "")
    parts = [
        _heading(run),
        _indented(_happened(run, attempt)),
        _section("What to do", [(ADVICE[reason],)] if reason in ADVICE else []),
        _section("Failed tasks", run.failed_tasks),
        _section("Attempts", _attempts(run)),
        *([] if attempt is None else [_evidence(attempt, kept)]),
        _section("Next", [(line,) for line in _look_closer(run, attempt, kept)]),
    ]
    return Text("\n").join(part for part in parts if part)


def _happened(run: SeenRun, attempt: SeenAttempt | None) -> Iterator[tuple[str, str]]:
    if run.reason:
        yield "Reason", run.reason
    elif attempt is not None:
        yield "Reason", f"{attempt.reason}, of attempt {attempt.number}"
    else:
        yield "Reason", "none: nothing has gone wrong so far"
    if run.message:
        yield "Message", run.message
    if run.tasks is not None:
        yield "Tasks", counted(run.tasks)
    usage = run.status.get("usage") or {}
    if usage.get("peakMemoryBytes"):
        yield "Memory", f"{usage['peakMemoryBytes'] / 2**20:,.0f} MiB at most, all workers together"
    for condition in run.status.get("conditions") or []:
        if condition.get("type") == "ClusterReady" and condition.get("status") == "False":
            yield "Cluster", str(condition.get("message", ""))


def _evidence(attempt: SeenAttempt, kept: dict[str, str] | None) -> Text:
    title = f"Last words of attempt {attempt.number}"
    if kept is None:
        return _section(title, [("nothing was kept of its pods",)])
    rows: list[Row] = []
    for key in sorted(kept, key=_in_order):
        last = kept[key].rstrip().splitlines()[-SHOWN.get(key, SHOWN_OF_OTHERS) :]
        if key in NOT_SHOWN or not last:
            continue
        rows += [(key,), *((f"  {line}",) for line in last)]
    return _section(title, rows)


def _in_order(key: str) -> tuple[int, str]:
    """What tells the most comes first."""
    return (list(SHOWN).index(key) if key in SHOWN else len(SHOWN), key)


def _look_closer(
    run: SeenRun, attempt: SeenAttempt | None, kept: dict[str, str] | None
) -> Iterator[str]:
    here = f"-n {run.namespace}"
    if attempt is not None:
        yield f"flowrun logs {run.name} --attempt {attempt.number} {here}"
        if kept is not None:
            yield f"kubectl get configmap {attempt.post_mortem} -o yaml {here}"
    yield f"kubectl describe fr {run.name} {here}"


def news(run: SeenRun) -> str:
    """The line that `submit --wait` prints when phase or reason change."""
    why = ": ".join(word for word in (run.reason, run.message) if word)
    return f"{run.name}: {run.phase}" + (f" ({why})" if why else "")


def ending(status: dict[str, Any]) -> Text:
    """The last lines of `run` and `submit --wait`, from a FlowRun's status."""
    phase = str(status.get("phase") or "Pending")
    rows = [("Phase", phase)]
    if status.get("reason"):
        rows.append(("Reason", str(status["reason"])))
    if status.get("message") and phase != "Succeeded":
        rows.append(("Message", str(status["message"])))
    if status.get("tasks") is not None:
        rows.append(("Tasks", counted(Tasks.from_json(status["tasks"]))))
    rows += [
        ("Failed task", f"{task.get('name', '')}: {task.get('message', '')}")
        for task in status.get("failedTasks") or []
    ]
    if "result" in status:
        rows.append(("Result", json.dumps(status["result"], ensure_ascii=False)))
    lines = list(_columns(rows))
    lines[0].stylize(STYLES.get(phase, ""), lines[0].plain.index(phase, len("Phase")))
    return Text("\n").join(lines)


def counted(tasks: Tasks) -> str:
    """``300 of 301 succeeded, 1 failed``: what is nought is left out."""
    words = [f"{tasks.succeeded} of {tasks.total} succeeded"]
    for name in ("failed", "skipped", "running", "pending"):
        count = getattr(tasks, name)
        if count:
            words.append(f"{count} {name}")
    return ", ".join(words)


def next_steps(run: SeenRun) -> Iterator[str]:
    """Commands that a person is likely to want now."""
    here = f"-n {run.namespace}"
    logs = f"{run.runner_pod_name} {here}" if run.runner_pod_name else ""
    if run.phase == "Running":
        yield f"flowrun dashboard {run.name} {here}"
        if logs:
            yield f"kubectl logs -f {logs}"
        return
    if run.phase == "Failed":
        yield f"flowrun why {run.name} {here}"
    if run.phase != "Succeeded":
        unseen = "" if run.taken_up else "   # no operator has taken it up yet"
        yield f"kubectl describe fr {run.name} {here}{unseen}"
    if logs and run.finished:
        yield f"kubectl logs {logs}"


def age(seconds: float) -> str:
    """A duration as kubectl writes it: two units while they tell something, then one."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    return f"{days}d"


def _two(more: int, unit: str, less: int, smaller: str) -> str:
    return f"{more}{unit}{less}{smaller}" if less else f"{more}{unit}"


def _heading(run: SeenRun) -> Text:
    return Text.assemble(
        f"FlowRun {run.namespace}/{run.name}  ", (run.phase, f"bold {STYLES.get(run.phase, '')}")
    )


def _facts(run: SeenRun, now: datetime) -> Iterator[tuple[str, str]]:
    status = run.status
    yield "Flow", str((run.spec.get("flow") or {}).get("entrypoint", ""))
    if run.reason:
        yield "Reason", run.reason
    if run.message:
        yield "Message", run.message
    yield "Created", f"{age((now - run.created).total_seconds())} ago"
    if run.summary("duration"):
        yield "Duration", run.summary("duration")
    if status.get("attempt"):
        yield "Attempt", str(status["attempt"])
    if status.get("workers"):
        yield "Workers", f"{status['workers']['ready']} of {status['workers']['desired']} ready"
    if run.tasks is not None:
        yield "Tasks", counted(run.tasks)
    if "result" in status:
        yield "Result", json.dumps(status["result"], ensure_ascii=False)
    if status.get("resultsURL"):
        yield "Results kept", status["resultsURL"]
    if run.dashboard_url:
        yield "Dashboard", run.dashboard_url
    if run.cluster_name:
        yield "Cluster", run.cluster_name
    if run.runner_pod_name:
        yield "Runner pod", run.runner_pod_name


def _conditions(run: SeenRun) -> list[tuple[str, ...]]:
    return [
        (
            str(condition.get("type", "")),
            str(condition.get("status", "")),
            str(condition.get("reason", "")),
            str(condition.get("message", "")),
        )
        for condition in run.status.get("conditions") or []
    ]


def _attempts(run: SeenRun) -> list[tuple[str, ...]]:
    return [tuple(_attempt(attempt)) for attempt in run.status.get("attempts") or []]


def _attempt(attempt: dict[str, Any]) -> Iterator[str]:
    yield str(attempt.get("number", ""))
    if attempt.get("endTime"):
        seconds = moment(attempt["endTime"]) - moment(attempt["startTime"])
        yield f"ended after {age(seconds.total_seconds())}"
    else:
        yield f"since {attempt.get('startTime', '')}"
    yield f"exit code {attempt['exitCode']}" if "exitCode" in attempt else ""
    yield str(attempt.get("reason") or "")
    resumed = attempt.get("tasksResumed")
    told = [attempt.get("message"), f"{resumed} tasks taken over" if resumed else None]
    yield "; ".join(part for part in told if part)


def _section(title: str, rows: Sequence[Row]) -> Text:
    if not rows:
        return Text()
    return Text.assemble("\n", (title, "bold"), "\n", _indented(rows))


def _indented(rows: Sequence[Row] | Iterator[Row]) -> Text:
    return Text("\n").join(Text("  ") + line for line in _columns(list(rows)))


def _columns(rows: Sequence[Row]) -> Iterator[Text]:
    """Lines whose cells begin below each other; a phase keeps its colour."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    for row in rows:
        line = Text("   ").join(
            Text(cell.ljust(width), STYLES.get(cell, ""))
            for cell, width in zip(row, widths, strict=False)
        )
        line.rstrip()
        yield line
