"""The functions of the probe app: one for each feature of Inngest, in the words that the transcripts recorded."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

import inngest

Handler: TypeAlias = Callable[[inngest.Context], Awaitable[Any]]

SAME_KEY = "event.data.k == async.data.k"

_probes: list[Callable[[inngest.Inngest], inngest.Function[Any]]] = []


def probe(name: str, event: str | None = None, **options: Any) -> Callable[[Handler], Handler]:
    """Make the handler a function of the app, triggered by the event that bears its name if nothing else is said."""
    options.setdefault("trigger", inngest.TriggerEvent(event=event or f"probe/{name}"))

    def keep(handler: Handler) -> Handler:
        _probes.append(lambda client: client.create_function(fn_id=name, **options)(handler))
        return handler

    return keep


def functions(client: inngest.Inngest) -> list[inngest.Function[Any]]:
    """Return all functions, made for the client."""
    return [create(client) for create in _probes]


def seconds(number: float) -> dt.timedelta:
    """Return the number of seconds as the SDK wants it."""
    return dt.timedelta(seconds=number)


async def give(value: Any) -> Any:
    """Return the value: the body of a step that just succeeds."""
    return value


async def ran(_: inngest.Context) -> Any:
    """Answer "ran": a function of which only the trigger matters."""
    return "ran"


# Steps.


@probe("plain")
async def plain(ctx: inngest.Context) -> Any:
    """Finish in one call."""
    return {"ok": True, "attempt": ctx.attempt}


@probe("steps")
async def steps(ctx: inngest.Context) -> Any:
    """Run two steps, one after the other."""
    return [await ctx.step.run("one", give, {"a": 1}), await ctx.step.run("two", give, "two")]


@probe("parallel", retries=1)
async def parallel(ctx: inngest.Context) -> Any:
    """Run three steps at once and one after them."""
    branches = tuple(partial(ctx.step.run, f"p{number}", give, number) for number in range(3))
    numbers = await ctx.group.parallel(branches)
    return [list(numbers), await ctx.step.run("after", give, "after")]


async def boom() -> None:
    """Fail: the body of a step."""
    raise Exception("boom in step")  # noqa: TRY002 - its class is in the transcript


@probe("parallel-one-fails", retries=1)
async def parallel_one_fails(ctx: inngest.Context) -> Any:
    """Run a good and a bad step at once, and record how the bad one ended."""
    caught = []
    try:
        await ctx.group.parallel((lambda: ctx.step.run("good", give, 1), lambda: ctx.step.run("bad", boom)))
    except inngest.StepError as error:
        caught.append(repr(error))
    return await ctx.step.run("record", give, caught)


# Waiting: for time, for an event, for another function.


@probe("sleep")
async def sleep(ctx: inngest.Context) -> Any:
    """Sleep for a second."""
    await ctx.step.sleep("nap", seconds(1))
    return "woke"


@probe("wait")
async def wait(ctx: inngest.Context) -> Any:
    """Wait for an event with the same key."""
    event = await ctx.step.wait_for_event("w", event="probe/wait.done", if_exp=SAME_KEY, timeout=seconds(8))
    return None if event is None else event.data


@probe("wait-timeout")
async def wait_timeout(ctx: inngest.Context) -> Any:
    """Wait in vain."""
    event = await ctx.step.wait_for_event("w", event="probe/never", timeout=seconds(1))
    return {"timed_out": event is None}


@probe("send")
async def send(ctx: inngest.Context) -> Any:
    """Send two events in one step."""
    first = inngest.Event(name="probe/plain", data={"from": "send"})
    return await ctx.step.send_event("s", [first, inngest.Event(name="probe/plain", data={"n": 2})])


@probe("callee")
async def callee(ctx: inngest.Context) -> Any:
    """Be invoked by another function."""
    return {"got": ctx.event.data}


@probe("invoke")
async def invoke(ctx: inngest.Context) -> Any:
    """Invoke another function."""
    return await ctx.step.invoke_by_id("inv", app_id="probe", function_id="callee", data={"x": 1})


# Failing: always, at first, in a step, for good, with a wish when to be tried again.


@probe("fail", retries=2)
async def fail(ctx: inngest.Context) -> Any:
    """Fail each time."""
    raise ValueError(f"attempt {ctx.attempt} failed")


@probe("fail-then-ok", retries=2)
async def fail_then_ok(ctx: inngest.Context) -> Any:
    """Fail the first time."""
    if ctx.attempt < 1:
        raise ValueError("first attempt fails")
    return {"attempt": ctx.attempt}


@probe("step-fail-then-ok", retries=2)
async def step_fail_then_ok(ctx: inngest.Context) -> Any:
    """Fail the first time, inside a step."""

    async def flaky() -> Any:
        if ctx.attempt < 1:
            raise ValueError("step fails once")
        return {"attempt": ctx.attempt}

    return await ctx.step.run("flaky", flaky)


@probe("non-retriable", retries=2)
async def non_retriable(_: inngest.Context) -> Any:
    """Fail for good."""
    raise inngest.NonRetriableError("never again")


@probe("retry-after", retries=1)
async def retry_after(ctx: inngest.Context) -> Any:
    """Fail the first time and ask for two seconds of patience."""
    if ctx.attempt == 0:
        raise inngest.RetryAfterError("later", seconds(2))
    return "ok"


async def handle_failure(ctx: inngest.Context) -> Any:
    """Answer the error for which it was called."""
    return {"handled": ctx.event.data.get("error")}


@probe("on-failure", retries=0, on_failure=handle_failure)
async def on_failure(_: inngest.Context) -> Any:
    """Fail, and have somebody who cares."""
    raise ValueError("will call on_failure")


# Triggers of every kind.


@probe("expr", trigger=inngest.TriggerEvent(event="probe/expr", expression="event.data.amount > 10"))
async def expr(_: inngest.Context) -> Any:
    """Run for large amounts only."""
    return "matched"


@probe("star", "*")
async def star(_: inngest.Context) -> Any:
    """Never run: a bare star matches nothing."""
    return "star ran"


@probe("prefix-star", "probe/pre.*")
async def prefix_star(_: inngest.Context) -> Any:
    """Run for names that start alike, up to a dot."""
    return "prefix star ran"


@probe("slash-star", "slash/*")
async def slash_star(_: inngest.Context) -> Any:
    """Run for names that start alike, up to a slash."""
    return "slash star ran"


# Flow control: held back, put together, dropped, cancelled.


@probe("batch", batch_events=inngest.Batch(max_size=3, timeout=seconds(2)))
async def batch(ctx: inngest.Context) -> Any:
    """Run once for several events."""
    return {"n": len(ctx.events)}


@probe("debounce", debounce=inngest.Debounce(period=seconds(1)))
async def debounce(ctx: inngest.Context) -> Any:
    """Run for the last event of a flurry."""
    return ctx.event.data


probe("ratelimit", rate_limit=inngest.RateLimit(limit=1, period=seconds(60)))(ran)
probe("throttle", throttle=inngest.Throttle(limit=1, period=seconds(2)))(ran)


@probe("concurrency", concurrency=[inngest.Concurrency(limit=1)])
async def concurrency(ctx: inngest.Context) -> Any:
    """Take half a second in a step that only one run may be in."""

    async def slow() -> Any:
        passed = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, passed.set)
        await passed.wait()
        return 1

    return await ctx.step.run("slow", slow)


probe("idem", idempotency="event.data.k")(ran)


@probe("cancel", cancel=[inngest.Cancel(event="probe/cancel.now", if_exp=SAME_KEY)])
async def cancel(ctx: inngest.Context) -> Any:
    """Sleep for so long that it can be cancelled."""
    await ctx.step.sleep("long", seconds(30))
    return "not cancelled"


# By the clock, and with data of every kind.


@probe("cron", trigger=inngest.TriggerCron(cron="* * * * *"))
async def cron(_: inngest.Context) -> Any:
    """Run each minute."""
    return "tick"


@probe("big")
async def big(ctx: inngest.Context) -> Any:
    """Have a step with a large result."""
    return len(await ctx.step.run("b", give, "x" * 1000))


@probe("unicode")
async def unicode(ctx: inngest.Context) -> Any:
    """Answer the data of the event."""
    return ctx.event.data
