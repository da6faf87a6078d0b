"""Worker-seconds and peak memory, from what a scheduler tells now and then."""

from flowlib.executors.usage import Usage, UsageMeter


class Clock:
    """Goes on by itself never."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_used_before_anything_is_told() -> None:
    assert UsageMeter(Clock()).read() == Usage(0.0, 0)


def test_workers_are_added_up_over_the_time_they_were_there() -> None:
    clock = Clock()
    meter = UsageMeter(clock)
    for seconds, workers, memory in ((5, 0, 0), (10, 2, 300), (1, 4, 500), (2, 1, 100)):
        meter.tell(workers, memory)
        clock.now += seconds

    assert meter.read() == Usage(0 * 5 + 2 * 10 + 4 * 1 + 1 * 2, 500)


def test_what_comes_after_the_run_does_not_count() -> None:
    clock = Clock()
    meter = UsageMeter(clock)
    meter.tell(2, 300)
    clock.now += 3
    meter.stop()
    clock.now += 100

    assert meter.read() == Usage(6, 300)
