"""Words for people: durations and counts as kubectl's columns show them."""

from datetime import timedelta


def duration(length: timedelta) -> str:
    """6s, 95s, 3m20s, 2h5m, 3d4h: as kubectl writes ages."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 60:
        return _two(minutes, "m", seconds % 60, "s")
    if hours < 48:
        return _two(hours, "h", minutes % 60, "m")
    return _two(days, "d", hours % 24, "h")


def counted(number: int, noun: str) -> str:
    """1 worker, 2 workers."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
