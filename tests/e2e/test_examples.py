"""Every file of crds/examples, as it stands: FlowRuns are run, other objects are admitted."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.e2e.kube import ROOT, Kubectl
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.runs import Run, status
from tests.e2e.watch import Object, Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EXAMPLES = sorted((ROOT / "crds/examples").glob("*.yaml"))
# The one that a schedule makes FlowRuns from has a test of its own, test_cronjob.py.
WITH_A_FLOWRUN = [
    path
    for path in EXAMPLES
    if any(one["kind"] == "FlowRun" for one in yaml.safe_load_all(path.read_text()))
]
RESULTS = {
    "demo": 9900,
    "diamond": 9900,
    "greeting": "Saluton, Ada!",
    "guarded": 20,
    "resources": pytest.approx(3.15, abs=0.06),
}  # pi by chance: 3.1 or 3.2

# Their pods reserve what the product gives by default, or what they ask for: more of them, beside
# other tests, and the scheduler would find the node full for a moment.
AT_ONCE = 2


@pytest.fixture(scope="module")
def ends(flowruns: Watch) -> Iterator[Mapping[Path, "Future[Object]"]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {path: pool.submit(run_example, path, flowruns) for path in WITH_A_FLOWRUN}


def run_example(path: Path, watch: Watch) -> Object:
    with fresh_namespace(f"example-{path.stem}", RESTRICTED) as namespace:
        Kubectl(namespace)("apply", "-f", str(path))
        body = next(one for one in yaml.safe_load_all(path.read_text()) if one["kind"] == "FlowRun")
        return Run(namespace, body["metadata"]["name"], watch).until_finished()


@pytest.mark.parametrize("path", WITH_A_FLOWRUN, ids=lambda path: path.stem)
def test_the_example_succeeds(path: Path, ends: Mapping[Path, "Future[Object]"]) -> None:
    end = ends[path].result()
    assert status(end)["phase"] == "Succeeded", status(end)
    assert status(end)["result"] == RESULTS[end["metadata"]["name"]]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_is_admitted_strictly(
    path: Path, kubectl: Kubectl, restricted_namespace: str, flowruns: Watch
) -> None:
    answer = kubectl.inside(restricted_namespace)(
        "apply", "--dry-run=server", "--validate=strict", "-f", str(path)
    )
    assert answer.stderr == ""  # no warnings either: of Pod Security, of deprecated fields
