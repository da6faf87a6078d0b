"""The diamond by a plain Dask client: what the DaskJob runs."""

import os

from distributed import Client


def inc(x):
    return x + 1


def dec(x):
    return x - 1


def add(x, y):
    return x + y


with Client(os.environ["DASK_SCHEDULER_ADDRESS"], timeout=120) as client:
    incs, decs = client.map(inc, range(100)), client.map(dec, range(100))
    result = client.submit(sum, client.map(add, incs, decs)).result()

print(result)
assert result == 9900
