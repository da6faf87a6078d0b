"""dask-kubernetes' operator beside it asks for no namespaces and no CRDs."""

import kopf

from flowrun_operator import without_scanning


async def test_scanning_is_off_before_kopf_begins_to_scan() -> None:
    settings = kopf.OperatorSettings()
    assert not settings.scanning.disabled
    await without_scanning.do_not_scan(settings=settings)
    assert settings.scanning.disabled
