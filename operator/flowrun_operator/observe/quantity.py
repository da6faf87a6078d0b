"""Kubernetes' quantities as numbers: 500m, 2, 1.5Gi, 1e3."""

from decimal import Decimal, InvalidOperation

_SUFFIXES = {
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi"), 1)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ti", "Pi", "Ei"), 4)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    "m": Decimal("1e-3"),
    "u": Decimal("1e-6"),
    "n": Decimal("1e-9"),
}


def number(quantity: object) -> float:
    """0 for what is absent, or no quantity."""
    text = str(quantity or "0")
    suffix = next((s for s in (text[-2:], text[-1:]) if s in _SUFFIXES), "")
    try:
        return float(Decimal(text.removesuffix(suffix)) * _SUFFIXES.get(suffix, Decimal(1)))
    except InvalidOperation:
        return 0.0
