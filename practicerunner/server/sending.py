"""What the server sends leaves at once, instead of when the browser has confirmed what came before."""

import asyncio
import socket
from typing import Any


def send_at_once(loop: asyncio.AbstractEventLoop) -> None:
    """Let connections to what ``loop`` listens on from now on send each message without delay (TCP_NODELAY).

    asyncio does so by itself for a socket that was made as TCP by name; Streamlit's was not. A page is many small
    messages, and each page run stood still for the 40 ms that the other side takes to confirm the first.
    """
    listen = loop.create_server

    async def create_server(*args: Any, **kwargs: Any) -> asyncio.Server:
        server: asyncio.Server = await listen(*args, **kwargs)
        for one in server.sockets:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # every connection inherits it
        return server

    loop.create_server = create_server  # type: ignore[method-assign]
