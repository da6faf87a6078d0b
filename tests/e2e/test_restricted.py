"""Every pod of the product is admitted where a namespace enforces the restricted profile.

The pods of runs are: all of tests/e2e/story.py is played in such namespaces.
"""

import pytest

from tests.e2e.namespaces import RESTRICTED
from tests.e2e.release import Release

pytestmark = pytest.mark.e2e


def test_both_operators_fit_the_restricted_profile(operator: Release) -> None:
    # The API server judges the namespace's pods and warns of each that would be refused.
    answer = operator.kubectl(
        "label", "--dry-run=server", "--overwrite", "namespace", operator.namespace, RESTRICTED
    )
    pods = operator.kubectl("get", "pods", "-o", "name").stdout.split()
    assert len(pods) >= 2
    assert answer.stderr == ""


def test_the_check_above_would_see_a_breach(operator: Release) -> None:
    # kube-system's pods are privileged: the same question gets warnings there.
    answer = operator.kubectl(
        "label", "--dry-run=server", "--overwrite", "namespace", "kube-system", RESTRICTED
    )
    assert "violate" in answer.stderr
