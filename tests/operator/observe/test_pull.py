"""Pulls of progress, from servers on loopback that answer as runners should not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from flowrun_operator.observe.progress import LIMIT_BYTES
from flowrun_operator.observe.pull import Puller, PullResult

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def says(content: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(content)

    return answer


def body(content: bytes) -> Answer:
    return says(HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)


async def without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@asynccontextmanager
async def runner(answer: Answer) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await answer(writer)
            await writer.drain()
        except ConnectionError:
            pass  # the puller has heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (body(b'{"stage": "running"}'), PullResult.OK),
        (body(b"{]"), PullResult.GARBAGE),
        (body(b'{"stage": "resting"}'), PullResult.GARBAGE),
        (says(b"\x00\x01\x02 no HTTP\r\n\r\n"), PullResult.GARBAGE),
        (body(b" " * (LIMIT_BYTES + 1)), PullResult.TOO_LARGE),
        (without_end, PullResult.TOO_LARGE),
        (drip, PullResult.SLOW),
        (silence, PullResult.SLOW),
        (says(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), PullResult.STATUS),
        (
            says(b"HTTP/1.1 302 No\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            PullResult.STATUS,
        ),
        (says(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"), "garbage"),
        (says(HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n"), PullResult.GARBAGE),
        (says(b""), PullResult.REFUSED),
    ],
)
async def test_every_answer_has_its_result(answer: Answer, result: str) -> None:
    async with runner(answer) as port:
        puller = Puller(port=port, seconds=0.3)
        try:
            pulled, progress = await puller.pull("127.0.0.1")
        finally:
            await puller.close()
    assert pulled == result
    assert (progress is not None) == (result == PullResult.OK)


async def test_nobody_listening_is_refused() -> None:
    async with runner(silence) as port:
        pass
    puller = Puller(port=port)
    try:
        assert await puller.pull("127.0.0.1") == (PullResult.REFUSED, None)
    finally:
        await puller.close()
