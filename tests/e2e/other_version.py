"""A worker whose cloudpickle is another release than its scheduler's and its runner's."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from tests.e2e.specs import Spec, container, merged, part

PACKAGE = "cloudpickle"
VERSION = f"{metadata.version(PACKAGE)}.post1"
NAME, FOLDER = "another-cloudpickle", "/another-cloudpickle"


def config_map() -> Mapping[str, Any]:
    """The installed release, whole, under a version of its own: its files by their numbers."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME},
        "data": {f"file-{n}": text for n, text in enumerate(_files().values())},
    }


def only_on_workers() -> Spec:
    """All three pods would import it before what the image brings; the workers alone have it."""
    items = [{"key": f"file-{n}", "path": path} for n, path in enumerate(_files())]
    volume = {"name": NAME, "configMap": {"name": NAME, "items": items}}
    mount = {"name": NAME, "mountPath": FOLDER, "readOnly": True}
    return merged(
        {
            "env": [{"name": "PYTHONPATH", "value": FOLDER}],
            **part("worker", {"podTemplate": {"spec": {"volumes": [volume]}}}),
        },
        container("worker", volumeMounts=[mount]),
    )


def _files() -> Mapping[str, str]:
    installed = metadata.distribution(PACKAGE)
    said = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n"
    modules = {
        str(file): file.read_text().replace(installed.version, VERSION)
        for file in installed.files or ()
        if file.suffix == ".py"
    }
    return {**modules, f"{PACKAGE}-{VERSION}.dist-info/METADATA": said}
