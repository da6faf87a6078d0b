"""Whether everything that is watched can be listed: Kopf, where it cannot, waits without a word."""

from collections.abc import Collection

from flowrun_operator.api.flowrun import LABEL_UID, PLURAL
from flowrun_operator.perform.api import Api
from flowrun_operator.perform.errors import NotFound
from flowrun_operator.perform.kinds import WATCHED


class NotServed(Exception):
    """A kind's CRD is missing."""


async def anything_to_list(api: Api, namespaces: Collection[str]) -> bool:
    """Lists one of each kind in each of these namespaces, or in all where none is named.

    Raises Refused where a right is missing, NotServed, Unavailable.
    """
    found = False
    for namespace in namespaces or (None,):
        for resource in WATCHED:
            selector = {} if resource.plural == PLURAL else {"labelSelector": LABEL_UID}
            try:
                items = await api.page(resource, namespace, {"limit": "1", **selector})
            except NotFound as error:
                kind = f"{resource.plural}.{resource.group}"
                raise NotServed(f"{kind} is not served: apply its CRD, then start again") from error
            found = found or bool(items)
    return found
