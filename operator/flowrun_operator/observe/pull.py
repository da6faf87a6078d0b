"""GET /progress of one runner: bounded in bytes and in time, whatever answers there."""

import asyncio
from enum import StrEnum

import aiohttp

from flowrun_operator.observe.progress import LIMIT_BYTES, Progress, read_progress

PORT = 8790
TIMEOUT_SECONDS = 1.0


class PullResult(StrEnum):
    """How a pull went; the values are the label of the metric."""

    OK = "ok"
    GARBAGE = "garbage"
    TOO_LARGE = "too_large"
    SLOW = "slow"
    STATUS = "status"  # another status than 200, redirects among them
    REFUSED = "refused"  # no connection, or one that broke


class Puller:
    """One session for all runners: no cookies, no redirects, no proxy, connections not kept."""

    def __init__(self, port: int = PORT, seconds: float = TIMEOUT_SECONDS) -> None:
        self._port = port
        self._seconds = seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a bomb stays packed, and is garbage
            max_line_size=4096,
            max_field_size=4096,
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def pull(self, ip: str) -> tuple[PullResult, Progress | None]:
        """The runner's answer, or what is wrong with it. Raises nothing."""
        host = f"[{ip}]" if ":" in ip else ip
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.get(
                    f"http://{host}:{self._port}/progress", allow_redirects=False
                ) as response,
            ):
                if response.status != 200:
                    return PullResult.STATUS, None
                body = await _read(response.content)
        except TimeoutError:
            return PullResult.SLOW, None
        except aiohttp.ClientConnectionError:
            return PullResult.REFUSED, None
        except (aiohttp.ClientError, ValueError):
            return PullResult.GARBAGE, None
        if len(body) > LIMIT_BYTES:
            return PullResult.TOO_LARGE, None
        progress = read_progress(body)
        return (PullResult.OK, progress) if progress else (PullResult.GARBAGE, None)


async def _read(stream: aiohttp.StreamReader) -> bytes:
    """The whole body, or one byte more than is allowed."""
    body = bytearray()
    while len(body) <= LIMIT_BYTES:
        chunk = await stream.read(LIMIT_BYTES + 1 - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)
