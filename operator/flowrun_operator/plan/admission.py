"""Whether a spec may be made: everything that is wrong with it, each with its path.

What the API server can tell by itself is in the CRD; this is the rest.
"""

import re
from collections.abc import Callable, Iterator

from flowrun_operator.api import FlowRun, Problem
from flowrun_operator.plan import environment
from flowrun_operator.plan.dask_cluster import scheduler_template, worker_template
from flowrun_operator.plan.runner_pod import runner_template
from flowrun_operator.plan.template_rules import problems_of
from flowrun_operator.settings import Settings

#: A ConfigMap's, of its values together.
LARGEST_SOURCE = 1024 * 1024
#: Relative, below the source's folder: no empty part, and none that begins with two dots.
FILE_PATH = re.compile(r"(?!\.\.)[\w.+-]+(/(?!\.\.)[\w.+-]+)*", re.ASCII)


def service_account(run: FlowRun, settings: Settings) -> Iterator[Problem]:
    """Which ServiceAccounts a run may name is the chart's to say."""
    name = run.spec.service_account_name
    if name is not None and name not in settings.allowed_service_accounts:
        allowed = ", ".join(sorted(settings.allowed_service_accounts)) or "none"
        yield Problem("spec.serviceAccountName", f"{name} is not allowed here (allowed: {allowed})")


def source(run: FlowRun, settings: Settings) -> Iterator[Problem]:
    """Files stay below their folder and fit one ConfigMap."""
    if run.spec.flow.source is None:
        return
    inline = run.spec.flow.source.inline or {}
    for name in inline:
        if not FILE_PATH.fullmatch(name):
            yield Problem(f"spec.flow.source.inline[{name}]", "must be a relative file path")
    size = sum(len(text.encode()) for text in inline.values())
    if size > LARGEST_SOURCE:
        yield Problem(
            "spec.flow.source.inline",
            f"is {size:,} bytes, a ConfigMap holds {LARGEST_SOURCE:,}: put the code into an image",
        )
    config_map = run.spec.flow.source.config_map
    for item in (config_map.items if config_map else None) or ():
        if not FILE_PATH.fullmatch(item.path):
            yield Problem(
                f"spec.flow.source.configMap.items[{item.key}].path", "must be a relative file path"
            )


def variables(run: FlowRun, settings: Settings) -> Iterator[Problem]:
    """What the pods' environment cannot or must not hold."""
    yield from environment.reserved_variables(run)
    yield from environment.parameters_too_large(run)
    yield from environment.passwords(run)


def pod_templates(run: FlowRun, settings: Settings) -> Iterator[Problem]:
    """The same rules for all three; no attempt's number makes a difference."""
    for template in (runner_template, scheduler_template, worker_template):
        yield from problems_of(template(run, settings, 1), settings)


CHECKS: tuple[Callable[[FlowRun, Settings], Iterator[Problem]], ...] = (
    service_account,
    source,
    variables,
    pod_templates,
)


def nesting(run: FlowRun) -> Iterator[Problem]:
    """Asked first and alone: everything else recurses into these values."""
    spec = run.spec
    free = {
        "spec.parameters": spec.parameters,
        "spec.runner.podTemplate": spec.runner and spec.runner.pod_template,
        "spec.cluster.scheduler.podTemplate": spec.cluster.scheduler
        and spec.cluster.scheduler.pod_template,
        "spec.cluster.worker.podTemplate": spec.cluster.worker and spec.cluster.worker.pod_template,
    }
    for path, value in free.items():
        if environment.deeper_than(environment.DEEPEST, value):
            yield Problem(path, f"is nested deeper than {environment.DEEPEST} levels")


def problems(run: FlowRun, settings: Settings) -> tuple[Problem, ...]:
    """Why the spec is not admissible; () when it is."""
    too_deep = tuple(nesting(run))
    return too_deep or tuple(problem for check in CHECKS for problem in check(run, settings))
