"""The same work twice: a FlowRun, and a DaskJob as its documentation has one written.

Same image, same two workers of one thread, same requests, same Dask programs. The DaskJob gets no
readiness probe, so that nothing delays its scheduler's Service: the faster peer is the fair one.
"""

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
WORKERS = 2
RESOURCES = {"requests": {"cpu": "50m", "memory": "256Mi"}}
Manifest = dict[str, Any]


def flowrun(name: str, image: str) -> Manifest:
    """The FlowRun."""
    part = {"resources": RESOURCES}
    source = {"inline": {"diamond.py": (FOLDER / "diamond_flow.py").read_text()}}
    return {
        "apiVersion": "flowrun.dev/v1alpha1",
        "kind": "FlowRun",
        "metadata": {"name": name},
        "spec": {
            "flow": {"entrypoint": "diamond.py:flow", "source": source},
            "image": image,
            "runner": part,
            "cluster": {
                "workers": WORKERS,
                "minReadyWorkers": 1,
                "scheduler": part,
                "worker": part | {"threads": 1},
            },
        },
    }


def daskjob(name: str, image: str) -> Manifest:
    """The DaskJob."""
    program = (FOLDER / "diamond_client.py").read_text()
    worker = ["dask", "worker", "--no-nanny", "--nthreads", "1", "--name", "$(DASK_WORKER_NAME)"]
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    ports = [("tcp-comm", 8786), ("http-dashboard", 8787)]
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskJob",
        "metadata": {"name": name},
        "spec": {
            "job": {
                "spec": {
                    "restartPolicy": "Never",
                    **_pod("job", image, ["python", "-c", program]),
                }
            },
            "cluster": {
                "spec": {
                    "worker": {"replicas": WORKERS, "spec": _pod("worker", image, worker)},
                    "scheduler": {
                        "spec": _pod("scheduler", image, ["dask", "scheduler"], ports),
                        "service": {
                            "type": "ClusterIP",
                            "selector": selector,
                            "ports": [
                                {"name": called, "port": port, "targetPort": called}
                                for called, port in ports
                            ],
                        },
                    },
                }
            },
        },
    }


def _pod(
    name: str, image: str, command: list[str], ports: list[tuple[str, int]] | None = None
) -> Manifest:
    return {
        "containers": [
            {
                "name": name,
                "image": image,
                "command": command,
                "resources": RESOURCES,
                "ports": [{"name": called, "containerPort": port} for called, port in ports or []],
            }
        ]
    }
