"""Worker resources, as tags name them."""

from collections.abc import Iterable

from flowlib.engine.graph import RESOURCE_TAG


def resources(tags: Iterable[str]) -> dict[str, float] | None:
    """Worker resources named by tags ``dask-resource:KEY=NUMBER``."""
    pairs = (
        tag.removeprefix(RESOURCE_TAG).split("=", 1) for tag in tags if tag.startswith(RESOURCE_TAG)
    )
    return {key: float(number) for key, number in pairs} or None
