"""The post-mortem bundle of a failed attempt: what is asked for, and the ConfigMap that keeps it.

Its pods go with its cluster; whoever is paged in the morning finds their last words here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowrun_operator.api.flowrun import FlowRun
from flowrun_operator.api.reasons import Reason
from flowrun_operator.api.status import Attempt
from flowrun_operator.observe.pods import Pod
from flowrun_operator.observe.world import World
from flowrun_operator.plan.actions import Collect, Witness
from flowrun_operator.plan.manifest import Manifest, metadata
from flowrun_operator.plan.names import names
from flowrun_operator.settings import Settings

#: Of all texts together; a ConfigMap holds twice as much.
LARGEST_BUNDLE = 512 * 1024
LARGEST_LOG = 64 * 1024
#: Workers of a run fail alike: those that crashed come first, the others tell little more.
WORKERS = 5
#: Nobody asks why a run ended that somebody ended.
UNDISPUTED = frozenset({Reason.CANCELLED, Reason.SUSPENDED})


@dataclass(frozen=True)
class Evidence:
    """What was found of each witness, by its pod's name; logs are "" where there are none."""

    logs: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[str, ...] = ()


def collect(world: World, settings: Settings) -> Collect | None:
    """The bundle that is still to be made of the last attempt; None where there is none."""
    attempt = world.attempt
    if attempt is None or attempt.under_way or attempt.post_mortem is not None or world.released:
        return None
    if attempt.reason is None or attempt.reason in UNDISPUTED:
        return None
    witnesses = (
        *(Witness("runner", p.meta.name, p.meta.uid, _died(p)) for p in _there(world.runner)),
        *(Witness("scheduler", p.meta.name, p.meta.uid, _died(p)) for p in world.schedulers[:2]),
        *(
            Witness("worker", p.meta.name, p.meta.uid, _died(p))
            for p in sorted(world.workers, key=lambda p: (not _died(p), p.meta.name))[:WORKERS]
        ),
    )
    return Collect(_empty(world.run, attempt), witnesses, logs=settings.post_mortem_logs)


def filled(bundle: Collect, evidence: Evidence) -> Manifest:
    """The ConfigMap, cut to its size: the newest lines of a log, the first of anything else."""
    texts = {
        "events.txt": "\n".join(evidence.events)[:LARGEST_LOG],
        "pods.json": json.dumps(evidence.statuses, indent=1)[: 2 * LARGEST_LOG],
    }
    for witness in bundle.witnesses:
        log = evidence.logs.get(witness.pod, "")
        if log:
            texts[_key(witness)] = log.encode()[-LARGEST_LOG:].decode(errors="ignore")
    data = {**bundle.manifest["data"], **texts}
    spare = LARGEST_BUNDLE
    for key, text in data.items():
        kept = text.encode()[:spare].decode(errors="ignore")
        data[key] = kept
        spare -= len(kept.encode())
    return {**bundle.manifest, "data": {key: text for key, text in data.items() if text}}


def _empty(run: FlowRun, attempt: Attempt) -> Manifest:
    """What is known without asking anybody."""
    failed = [task.to_json() for task in run.status.failed_tasks]
    end = attempt.end_time.isoformat() if attempt.end_time else "?"
    summary = (
        f"FlowRun {run.metadata.namespace}/{run.metadata.name}, attempt {attempt.number}: "
        f"{attempt.reason}\n{attempt.message or ''}\n"
        f"from {attempt.start_time.isoformat()} to {end}\n"
    )
    name = names(run, attempt.number).post_mortem
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(run, name, "post-mortem", attempt.number),
        "data": {"summary.txt": summary, "failed-tasks.json": json.dumps(failed, indent=1)},
    }


def _key(witness: Witness) -> str:
    if witness.component == "worker":
        return f"worker-{witness.pod}.log"
    return f"{witness.component}.log"


def _there(pod: Pod | None) -> tuple[Pod, ...]:
    return (pod,) if pod is not None else ()


def _died(pod: Pod) -> bool:
    """A container of it has ended before, and told its last words to another log."""
    return any(c.restarts for c in pod.containers)
