"""A task that takes more memory than its worker's limit; a scheduler that gives up at once."""

from flowlib import Flow, task


@task
def hoard():
    return len([bytearray(b"x" * (64 << 20)) for _ in range(64)])


with Flow("hungry worker") as flow:
    hoard()
