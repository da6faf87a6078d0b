"""How many rows a claim takes."""

import math

#: No claim has more rows than that, however fast they are.
MOST = 16_384
#: Seconds of work below which a claim costs more to send than to run.
LEAST_WORK = 0.003
#: Seconds that the scheduler is busy with a claim, at the least (0.5 to 2 ms a key were measured):
#: all threads together cannot end more than one in that time. Decision 0065.
A_CLAIM = 0.0005

#: Bytes of values that a claim makes, where they are large: all of them are held until it ends, and
#: those that stay until the last one is done with.
MOST_BYTES = 64_000_000


def claim_size(
    to_come: int, threads: int, estimate: float | None, box: float, bytes_a_row: float = 0.0
) -> int:
    """Rows for the next claim, of so many that are to come.

    A share that leaves something for every thread, twice, but no more than fits the box. While
    nothing is known of their time the box alone bounds it: what does not fit is handed back.
    """
    if math.isinf(box):
        return to_come
    share = math.ceil(to_come / (2 * threads))
    most = min(MOST, int(MOST_BYTES / bytes_a_row)) if bytes_a_row else MOST
    if estimate is None or estimate <= 0:
        return max(1, min(share, most))
    fits = math.ceil(0.9 * box / estimate)  # a row that begins within the box may end after it
    worth_sending = math.ceil(max(LEAST_WORK, threads * A_CLAIM) / estimate)
    return max(1, min(max(share, worth_sending), fits, most))
