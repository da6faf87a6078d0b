"""Where a run's code comes from when it is not in the image: one volume, the same in all pods."""

from flowrun_operator.api import FlowRun
from flowrun_operator.plan.manifest import Manifest, metadata
from flowrun_operator.plan.names import names

SOURCE_DIR = "/flowrun/source"
SOURCE_VOLUME = "flowrun-source"


def source_config_map(run: FlowRun) -> Manifest | None:
    """Holds spec.flow.source.inline; None where the run has none."""
    inline = _inline(run)
    if inline is None:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(run, names(run, 1).source, "source"),
        "immutable": True,
        "data": {_key(place): inline[path] for place, path in enumerate(sorted(inline))},
    }


def source_volume(run: FlowRun) -> Manifest | None:
    """The volume behind SOURCE_DIR; None where the code is in the image."""
    source = run.spec.flow.source
    if source is None:
        return None
    if source.config_map is not None:
        return {"name": SOURCE_VOLUME, "configMap": source.config_map.to_json()}
    paths = sorted(source.inline or {})
    return {
        "name": SOURCE_VOLUME,
        "configMap": {
            "name": names(run, 1).source,
            "items": [{"key": _key(place), "path": path} for place, path in enumerate(paths)],
        },
    }


def _inline(run: FlowRun) -> dict[str, str] | None:
    return run.spec.flow.source.inline if run.spec.flow.source else None


def _key(place: int) -> str:
    # A ConfigMap's keys have no slash, file names do: the volume's items give the names back.
    return f"file-{place}"
