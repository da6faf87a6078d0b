"""The acting operator's process, and how to end it as a crash would."""

from tests.e2e.node import kill_container
from tests.e2e.release import Release


def kill_operator(release: Release) -> str:
    """SIGKILL to the process that holds the Lease; the pod that it ran in, which goes, too.

    The pod is deleted so that its container is not started again in it, as the holder that it was.
    Raises AssertionError where no operator acts that could be killed.
    """
    leader = release.leader()
    assert leader is not None, release.holder()
    kill_container(leader)
    name = str(leader["metadata"]["name"])
    release.kubectl("delete", "pod", name, "--now", "--wait=false")
    return name
