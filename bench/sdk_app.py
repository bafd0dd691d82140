"""The app of the benchmarks: the function of two steps that is also a recorded scenario, and a function of none.

`GET /arrivals` returns when each run reached it first, in seconds since the epoch; `GET /finished?at_least=N` how many
have finished, as soon as it is that many.
"""

import argparse
import asyncio
import time
from typing import Any

import fastapi
import inngest
import inngest.fast_api
import uvicorn


class Runs:
    """What happened to the runs of the app's functions."""

    def __init__(self) -> None:
        self._arrivals: dict[str, float] = {}
        self._finished = 0
        self._changed = asyncio.Condition()

    def arrivals(self) -> list[float]:
        return list(self._arrivals.values())

    async def finished(self, at_least: int = 0) -> int:
        async with self._changed:
            await self._changed.wait_for(lambda: self._finished >= at_least)
        return self._finished

    async def plain(self, ctx: inngest.Context) -> Any:
        """Finish in one call."""
        self._arrivals.setdefault(ctx.run_id, time.time())
        await self._finish()
        return {"ok": True}

    async def steps(self, ctx: inngest.Context) -> Any:
        """Run two steps, one after the other: three calls."""
        self._arrivals.setdefault(ctx.run_id, time.time())
        results = [await ctx.step.run("one", self._give, {"a": 1}), await ctx.step.run("two", self._give, "two")]
        await self._finish()
        return results

    async def _finish(self) -> None:
        async with self._changed:
            self._finished += 1
            self._changed.notify_all()

    async def _give(self, value: Any) -> Any:
        return value


def build(engine: str) -> fastapi.FastAPI:
    """Return the app, with its functions at its serve endpoint."""
    client = inngest.Inngest(
        app_id="bench", is_production=False, event_key="local", api_base_url=engine, event_api_base_url=engine
    )
    app, runs = fastapi.FastAPI(), Runs()
    app.get("/arrivals")(runs.arrivals)
    app.get("/finished")(runs.finished)
    handlers = {"plain": runs.plain, "steps": runs.steps}
    functions = [
        client.create_function(fn_id=name, trigger=inngest.TriggerEvent(event=f"bench/{name}"))(handler)
        for name, handler in handlers.items()
    ]
    inngest.fast_api.serve(app, client, functions)
    return app


def main() -> None:
    """Serve the app until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", required=True, help="base URL of the engine")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(build(options.engine), host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
