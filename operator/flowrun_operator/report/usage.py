"""What an attempt used: by its runner's word, and by what its pods reserved meanwhile."""

from datetime import datetime

from flowrun_operator.api.status import Usage
from flowrun_operator.observe.world import World

GIB = 2.0**30


def usage_of(world: World, now: datetime) -> Usage | None:
    """Of the attempt under way, up to now; None before it has a pod.

    Scheduler and runner count from the attempt's start; a worker for as long as the scheduler knew
    it, since a pod that is gone by now tells nothing.
    """
    attempt = world.attempt
    if attempt is None or (world.runner is None and not world.dask_pods):
        return None
    seconds = max(0.0, (now - attempt.start_time).total_seconds())
    told = world.testimony or world.memory.progress
    used = told.usage if told is not None else None
    worker_seconds = used.worker_seconds if used is not None else 0.0
    alone = [p for p in (world.runner, *world.schedulers[:1]) if p is not None]
    worker = next(iter(world.workers), None)
    cpu = seconds * sum(p.cpu_request for p in alone)
    memory = seconds * sum(p.memory_request for p in alone)
    if worker is not None:
        cpu += worker_seconds * worker.cpu_request
        memory += worker_seconds * worker.memory_request
    return Usage(
        worker_seconds=round(worker_seconds, 1),
        cpu_seconds=round(cpu, 1),
        memory_gibibyte_seconds=round(memory / GIB, 1),
        peak_memory_bytes=used.peak_memory_bytes if used is not None else 0,
    )
