"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.chaos.stand import Stand, stand


@pytest.fixture(scope="module")
def on_simulated_nodes() -> Iterator[Stand]:
    """One for a module: to take the operator out of the cluster and back costs 15 s."""
    with stand() as found:
        yield found
