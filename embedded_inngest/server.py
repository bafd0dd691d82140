"""The engine on a socket."""

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn

from embedded_inngest.app import App
from embedded_inngest.engine import Engine
from embedded_inngest.options import Options
from embedded_inngest.store import Store


class Server:
    """Serves an engine from the first moment of its `async with` block to the last.

    Args:
        options: What the engine is told.
        listener: Where it is asked.
        store: What outlives it, if anything does.
        app: Makes what answers for it.
    """

    def __init__(
        self,
        options: Options,
        listener: socket.socket,
        store: Store | None = None,
        app: Callable[[Engine], App] = App,
    ) -> None:
        self._engine = Engine(options, store=store)
        self._listener = listener
        self._stopped = asyncio.Event()
        config = uvicorn.Config(
            app(self._engine),
            lifespan="off",
            access_log=False,
            log_config=None,
            http="httptools",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=60,
        )
        config.load()
        self._uvicorn = uvicorn.Server(config)

    def stop(self) -> None:
        """Ask to stop, at once."""
        self._stopped.set()

    async def stopped(self) -> None:
        """Wait until somebody asks to stop."""
        await self._stopped.wait()

    async def __aenter__(self) -> Self:
        self._engine.restore()
        self._uvicorn.lifespan = self._uvicorn.config.lifespan_class(self._uvicorn.config)
        await self._uvicorn.startup(sockets=[self._listener])
        self._engine.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._engine.stop()
        self._uvicorn.force_exit = True
        await self._uvicorn.shutdown(sockets=[self._listener])
