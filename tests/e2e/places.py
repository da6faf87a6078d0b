"""Places where runs of a namespace can keep their results: a volume of the node's, an S3 server."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.e2e import images, node
from tests.e2e.kube import Kubectl
from tests.e2e.specs import Spec, merged

MOUNTED_AT = "/results"
PORT = 5000
BUCKET = "results"
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "not-secret"}


@contextmanager
def volume(namespace: str) -> Iterator[tuple[str, Spec]]:
    """The folder on the node, and what mounts it: a claim bound to a hostPath volume."""
    name = f"e2e-results-{uuid.uuid4().hex[:6]}"
    folder = f"/var/{name}"
    size = {"storage": "1Gi"}
    common = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    persistent = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {**common, "capacity": size, "hostPath": {"path": folder}},
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "results"},
        "spec": {**common, "volumeName": name, "resources": {"requests": size}},
    }
    node.make_folder(folder)
    try:
        for each in (persistent, claim):
            Kubectl(namespace).apply(each)
        yield folder, merged(_mounted("runner"), {"cluster": _mounted("worker")})
    finally:
        Kubectl()("delete", "persistentvolume", name, "--wait=false")
        node.remove_folder(folder)


def _mounted(which: str) -> Spec:
    container = {"name": which, "volumeMounts": [{"name": "results", "mountPath": MOUNTED_AT}]}
    volumes = [{"name": "results", "persistentVolumeClaim": {"claimName": "results"}}]
    return {which: {"podTemplate": {"spec": {"volumes": volumes, "containers": [container]}}}}


def s3_server(namespace: str) -> Spec:
    """Starts one, with a bucket; what makes a run use it. It goes with the namespace."""
    kubectl, image = Kubectl(namespace), images.make_s3()
    for each in _server(image):
        kubectl.apply(each)
    kubectl("wait", "pod/s3", "--for=condition=Ready", "--timeout=120s", timeout=150)
    make = (
        "import s3fs; "
        f"s3fs.S3FileSystem(key='a', secret='b', endpoint_url='http://localhost:{PORT}')"
        f".mkdir('{BUCKET}')"
    )
    kubectl("exec", "s3", "--", "python", "-c", make)
    return {
        "image": image,
        "imagePullPolicy": "Never",
        "env": [{"name": "AWS_ENDPOINT_URL", "value": f"http://s3:{PORT}"}],
        "envFrom": [{"secretRef": {"name": "s3-keys"}}],
    }


def objects_in(namespace: str) -> list[str]:
    """Names of all objects in the bucket."""
    ask = (
        "import json, s3fs; "
        f"fs = s3fs.S3FileSystem(key='a', secret='b', endpoint_url='http://localhost:{PORT}'); "
        f"print(json.dumps(fs.find('{BUCKET}')))"
    )
    found: list[str] = json.loads(
        Kubectl(namespace)("exec", "s3", "--", "python", "-c", ask).stdout
    )
    return found


def _server(image: str) -> list[Mapping[str, Any]]:
    labels = {"app": "s3"}
    container = {
        "name": "s3",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python", "-m", "moto.server", "-H", "0.0.0.0", "-p", str(PORT)],
        "env": [{"name": name, "value": value} for name, value in KEYS.items()],
        "readinessProbe": {"httpGet": {"path": "/moto-api/", "port": PORT}, "periodSeconds": 1},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "s3", "labels": labels},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s3"},
            "spec": {"selector": labels, "ports": [{"port": PORT}]},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s3-keys"},
            "stringData": KEYS,
        },
    ]
