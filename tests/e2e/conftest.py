"""What every test on the test cluster uses. None of it skips: no cluster is a failure."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e import audit as audit_log
from tests.e2e import leftovers as everything
from tests.e2e.kube import Kubectl
from tests.e2e.namespaces import RESTRICTED, fresh_namespace
from tests.e2e.release import Release
from tests.e2e.runs import FLOWRUNS, Run, Spec, apply_run
from tests.e2e.watch import Watch


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """kubectl on the test cluster; `.inside(namespace)`, `.json(...)`, `.apply(...)`."""
    return Kubectl()


@pytest.fixture(scope="session")
def operator() -> Release:
    """The installed product, ready. `make test` has installed it; a bare pytest does it here."""
    release = Release()
    if release.state() != "deployed":
        release.install()
    release.until_ready()
    return release


@pytest.fixture(scope="session")
def flowruns(operator: Release) -> Iterator[Watch]:
    """Every version of every FlowRun of this session."""
    with Watch(FLOWRUNS) as watch:
        yield watch


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace for this test alone."""
    with fresh_namespace(_subject(request)) as name:
        yield name


@pytest.fixture
def restricted_namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same, enforcing the restricted Pod Security profile."""
    with fresh_namespace(_subject(request), RESTRICTED) as name:
        yield name


def _subject(request: pytest.FixtureRequest) -> str:
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.lower())
    return words.removeprefix("test-").strip("-")


@pytest.fixture
def apply_flowrun(flowruns: Watch, namespace: str) -> Callable[..., Run]:
    """apply_flowrun(spec or manifest text, name="flow", namespace=...) -> Run."""

    def apply(what: Spec | str, name: str = "flow", namespace: str = namespace) -> Run:
        return apply_run(namespace, name, what, flowruns)

    return apply


@pytest.fixture(scope="session")
def leftovers() -> Callable[[str], set[str]]:
    """leftovers(namespace): every object but Events and what Kubernetes puts there itself."""
    return everything.leftovers


@pytest.fixture(scope="session")
def audit() -> Callable[..., list[audit_log.Request]]:
    """audit(namespace): every request of the API server's audit log that concerns it."""
    return audit_log.requests
