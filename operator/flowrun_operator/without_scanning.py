"""Loaded beside dask-kubernetes' operator where it has Roles only.

    kopf run --namespace=team --module=... --module=flowrun_operator.without_scanning

Kopf would list and watch namespaces and CRDs, to notice those that come and go. That takes
cluster-wide rights, and Kopf asks for 25 minutes before it believes a refusal. The namespaces are
named, and the CRDs are there before the operator is.
"""

from typing import Any

import kopf


@kopf.on.startup()
async def do_not_scan(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Serves what is named on the command line, as it is."""
    settings.scanning.disabled = True
