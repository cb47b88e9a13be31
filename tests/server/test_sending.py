"""That nothing which is sent waits for what was sent before: a page run would stand still for 40 ms."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from practicerunner.server.sending import send_at_once


async def sends_at_once(*, told: bool) -> bool:
    """Whether a connection to a socket that was made as Streamlit makes its own sends without delay."""
    loop = asyncio.get_running_loop()
    if told:
        send_at_once(loop)
    connected = loop.create_future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            line = transport.get_extra_info("socket")
            connected.set_result(bool(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            transport.close()

    listening = socket.socket(family=socket.AF_INET)
    listening.bind(("127.0.0.1", 0))
    listening.setblocking(False)
    async with await loop.create_server(Accepted, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        found: bool = await connected
        writer.close()
    return found


def found(*, told: bool) -> bool:
    """The same in a thread of its own: in that of the tests a browser may have its own loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(sends_at_once(told=told))).result()


def test_a_connection_sends_each_message_at_once() -> None:
    assert found(told=True)


def test_left_to_itself_it_would_wait() -> None:
    assert not found(told=False), "send_at_once is needed no more."
