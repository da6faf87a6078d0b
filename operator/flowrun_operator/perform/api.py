"""Requests to the API server, and their errors, each in one place."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import ApiException

from flowrun_operator.perform.errors import ApiError, Conflict, NotFound, Refused, Unavailable
from flowrun_operator.perform.kinds import RESOURCES, Resource
from flowrun_operator.plan.actions import Kind

Body = dict[str, Any]
#: The API server gives up after 60 s; a turn has better things to do than to wait for that.
TIMEOUT_SECONDS = 15.0
#: Waits before a request is sent again that met a 5xx, a 429 or a cut connection. A turn is up to
#: ten requests, and would seldom end where one in five fails. All of ours may be repeated: names
#: are known before, writes carry a resourceVersion, deletes and patches a uid.
PAUSES = (0.1, 0.4)
#: Whoever is asked to wait longer gives its turn away.
LONGEST_PAUSE = 2.0
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
CountError = Callable[[str, str, str], None]


async def at_once() -> None:
    """Lets every request go."""


class Api:
    """JSON in, JSON out: no models, since most of what is sent and read is somebody's CRD.

    ``admit`` is awaited before each request: it may take its time, or raise an ApiError. ``pauses``
    are the waits between the tries of one request; none, if none is given.
    """

    def __init__(
        self,
        configuration: Configuration,
        count_error: CountError,
        *,
        timeout: float = TIMEOUT_SECONDS,
        admit: Callable[[], Awaitable[None]] = at_once,
        pauses: tuple[float, ...] = (),
    ) -> None:
        self._client = ApiClient(configuration)
        self._count_error = count_error
        self._timeout = timeout
        self._admit = admit
        self._pauses = pauses

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Body:
        """Raises NotFound."""
        return await self._request("GET", resource, resource.path(namespace, name))

    async def page(
        self, resource: Resource, namespace: str | None, query: Mapping[str, str]
    ) -> list[Body]:
        """The items of one page."""
        body = await self._request("GET", resource, resource.path(namespace), query=query)
        return body.get("items") or []

    async def create(self, resource: Resource, namespace: str, body: Body) -> Body:
        """Raises Conflict where it exists, Refused also for a field that is not known."""
        strict = {"fieldValidation": "Strict"}  # a podTemplate's misspelt field is not dropped
        return await self._request("POST", resource, resource.path(namespace), body, query=strict)

    async def delete(self, resource: Resource, namespace: str, name: str, options: Body) -> None:
        """Asks for the deletion; raises NotFound."""
        await self._request("DELETE", resource, resource.path(namespace, name), options)

    async def merge(self, resource: Resource, namespace: str, name: str, patch: Body) -> None:
        """Merges a patch into the object."""
        await self._request(
            "PATCH", resource, resource.path(namespace, name), patch, content_type=MERGE_PATCH
        )

    async def json_patch(
        self, resource: Resource, namespace: str, name: str, patch: list[Body]
    ) -> None:
        """Applies all operations or none; a test that fails is a Refused of 422."""
        await self._request(
            "PATCH", resource, resource.path(namespace, name), patch, content_type=JSON_PATCH
        )

    async def replace(self, resource: Resource, namespace: str, name: str, body: Body) -> Body:
        """Raises Conflict where body's resourceVersion is no longer the object's."""
        return await self._request("PUT", resource, resource.path(namespace, name), body)

    async def replace_status(
        self, resource: Resource, namespace: str, name: str, body: Body
    ) -> Body:
        """Raises Conflict where body's resourceVersion is no longer the object's."""
        return await self._request("PUT", resource, resource.path(namespace, name, "status"), body)

    async def log(self, namespace: str, pod: str, query: Mapping[str, str]) -> str:
        """The log of a pod's container."""
        resource = RESOURCES[Kind.POD]
        path = resource.path(namespace, pod, "log")
        content = await self._send("GET", resource, path, query=query, accept="*/*")
        return content.decode(errors="replace")

    async def _request(
        self,
        method: str,
        resource: Resource,
        path: str,
        body: Body | list[Body] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Body:
        content = await self._send(
            method, resource, path, body, query=query, content_type=content_type
        )
        answer: Body = json.loads(content)
        return answer

    async def _send(
        self,
        method: str,
        resource: Resource,
        path: str,
        body: Body | list[Body] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> bytes:
        request = await self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": accept, "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        for pause in self._pauses:
            await self._admit()
            try:
                return await self._try(method, resource, path, request)
            except Unavailable as error:
                if error.timed_out or error.retry_after > LONGEST_PAUSE:
                    raise
                await asyncio.sleep(max(pause, error.retry_after))
        await self._admit()
        return await self._try(method, resource, path, request)

    async def _try(self, method: str, resource: Resource, path: str, request: Any) -> bytes:
        try:
            response = await self._client.call_api(*request, _request_timeout=self._timeout)
            content = await response.read()
        except (TimeoutError, aiohttp.ClientError, ApiException, OSError) as error:
            self._count_error(method, resource.plural, "unavailable")
            words = f"{method} {path}: {error or type(error).__name__}"
            raise Unavailable(words, timed_out=isinstance(error, TimeoutError)) from error
        if response.status >= 400:
            translated = translate(response.status, content, response.headers.get("Retry-After"))
            self._count_error(method, resource.plural, str(response.status))
            raise translated
        return bytes(content)


def translate(status: int, content: bytes, retry_after: str | None) -> ApiError:
    """The error that an HTTP status and a metav1.Status stand for."""
    message = _message(content) or f"HTTP {status}"
    match status:
        case 404:
            return NotFound(message)
        case 409:
            return Conflict(message)
        case 401 | 429:
            return Unavailable(message, _seconds(retry_after))
        case _ if status >= 500:
            return Unavailable(message, _seconds(retry_after))
        case _:
            return Refused(status, message)


def _message(content: bytes) -> str:
    try:
        status = json.loads(content)
    except ValueError:
        return content[:1000].decode(errors="replace")
    return str(status.get("message") or "") if isinstance(status, dict) else ""


def _seconds(text: str | None) -> float:
    return min(float(text), 60.0) if text and text.isdigit() else 0.0
