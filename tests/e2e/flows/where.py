"""Which pods run the tasks."""

import socket

from flowlib import Flow, task


@task
def host(number):
    return socket.gethostname()


@task
def all_of(hosts):
    return sorted(set(hosts))


with Flow("where") as flow:
    all_of(host.map(list(range(10))))
