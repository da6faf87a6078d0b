"""The operator is killed before and after its n-th write, for every n of a run's life.

A write is every request that changes something but an Event. The life of a run here goes from its
creation to the moment at which, after its deletion, nothing of it is left.
"""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.chaos import oracle
from tests.chaos.made import made_in
from tests.chaos.one_namespace import own_operator
from tests.chaos.outcome import Outcome
from tests.chaos.scripts import Script
from tests.chaos.stand import Stand
from tests.e2e.namespaces import fresh_namespace
from tests.e2e.runs import apply_run, phase
from tests.e2e.watch import Object, WatchTimeout

MOMENTS = ("before", "after")
#: Scripts. Most of a run's life is waiting; two cores serve so many.
AT_ONCE = 3
#: A busy dask-kubernetes leaves its finalizer on a cluster, and it is taken off after a minute.
GONE_SECONDS = 120.0
Place = tuple[int, str]


def kill_every_write_of(
    scripts: Iterable[Script], stand: Stand, seed: int, at_most: int | None = None
) -> Iterator[Outcome]:
    """Some scripts side by side, each with an operator of its own."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="script") as pool:
        yield from pool.map(lambda script: kill_every_write(script, stand, seed, at_most), scripts)


def kill_every_write(
    script: Script, stand: Stand, seed: int, at_most: int | None = None
) -> Outcome:
    """One run for every place of a kill, or for places drawn by the seed until `at_most` kills."""
    ends: list[Object] = []
    problems: list[str] = []
    kills = 0
    with (
        fresh_namespace(f"kill-{script.title.replace(' ', '-')}") as namespace,
        own_operator(stand, namespace) as own,
    ):
        own.ready()
        problems += _play(script, own, namespace, "not-killed", ends)
        writes = own.proxy.writes
        places = _places(writes)
        if at_most is not None:
            random.Random(seed).shuffle(places)
        while places and kills != at_most:
            number, moment = places.pop(0)
            own.ready()
            own.proxy.count_anew(kill=own.kill_at(number, moment))
            found = _play(script, own, namespace, f"{moment}-{number}", ends)
            problems += [f"killed {moment} write {number}: {each}" for each in found]
            if own.proxy.until_killed(0):
                kills += 1
            elif at_most is not None:  # the first run had more to clean up than this one
                places = [place for place in places if place[0] <= own.proxy.writes]
        problems += oracle.wrong_children(made_in(namespace).while_wanted, ends)
    counts = {"writes": writes, "runs": len(ends), "kills": kills}
    return Outcome(f"kill at every write, {script.title}", counts, tuple(problems))


def _places(writes: int) -> list[Place]:
    return [(number, moment) for number in range(1, writes + 1) for moment in MOMENTS]


def _play(
    script: Script, stand: Stand, namespace: str, name: str, ends: list[Object]
) -> Iterator[str]:
    """The whole life; what was wrong with it."""
    run = apply_run(namespace, name, script.spec, stand.watch)
    try:
        script.act(run)
        end = run.until_finished(script.seconds)
    except WatchTimeout as error:
        run.delete()
        return iter([f"never came to its end: {str(error).splitlines()[0]}"])
    problems = [*oracle.wrong_end(script, end)]
    left = oracle.left_over(namespace, oracle.may_stay(end), GONE_SECONDS)
    problems += [f"at its end {each}" for each in left]
    last = run.history[-1].object
    ends.append(last)
    run.delete()
    run.until_deleted()
    left = oracle.left_over(namespace, set(), GONE_SECONDS)
    problems += [f"after its deletion {each}" for each in left]
    problems += oracle.wrong_order(s for s in run.history if s.type != "DELETED")
    if phase(last) != phase(end):
        problems.append(f"{phase(end)} became {phase(last)}")
    return iter(problems)
