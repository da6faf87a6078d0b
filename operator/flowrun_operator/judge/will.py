"""What somebody wants of a run: that it be cancelled or suspended."""

from flowrun_operator.observe.world import World


def why_cancelled(world: World) -> str | None:
    """In whose name the run is cancelled; None where it is not."""
    if world.run.spec.cancel:
        return "Cancelled by spec.cancel."
    other = world.run.status.replaced_by
    if other is not None:
        return f"Replaced by FlowRun {other} of its concurrency group."
    return None
