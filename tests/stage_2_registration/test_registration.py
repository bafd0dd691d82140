"""REG-01 to REG-04 and REG-06: Inngest knows the dispatcher's function, once, and with triggers that fire."""

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.journeys import Publish
from harness.addresses import Addresses
from harness.catalogue import EXAMPLES
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.inngest_answers import Function
from harness.errors import Inconclusive, UnmetError
from harness.events import STORED_WITHIN, require_forgotten
from harness.services import Part
from harness.settings import Settings
from harness.stack import Clients, RunningStack
from harness.targets import Target
from harness.waiters import OutOfTimeError, until

SYNC_WITHIN = 10.0
"""Seconds for a sync: two polling intervals of the real server."""


@pytest.mark.requirement("REG-01")
def test_dispatcher_is_registered_under_its_app(inngest: InngestClient, stack: Addresses, settings: Settings) -> None:
    """After the sync Inngest knows the function by its id, under the configured app, which is connected."""
    function = registered(inngest, stack.function, settings)

    assert (function.app, function.slug) == (stack.app, stack.slug)
    assert function.connected, f"Inngest says of the app: {function.app_error}"


@pytest.mark.requirement("REG-02")
def test_every_event_of_the_catalogue_starts_a_run(publish: Publish) -> None:
    """Each event of the catalogue starts a run: its trigger is there under a name that really matches."""
    journeys = [publish(name) for name in EXAMPLES]

    for journey in journeys:
        journey.starts(within=5)


@pytest.mark.requirement("REG-03")
def test_syncing_again_leaves_one_registration(
    own_stack: RunningStack, own_clients: Clients, settings: Settings
) -> None:
    """Two more syncs and a restart of the dispatcher leave exactly one function with the same identity."""
    inngest, dispatcher = own_clients.inngest, own_clients.dispatcher
    before = registered(inngest, own_stack.addresses.function, settings)

    synced = [dispatcher.sync().status_code for _ in range(2)]
    own_stack.dispatcher.restart()
    synced.append(dispatcher.sync().status_code)

    after = registered(inngest, own_stack.addresses.function, settings)
    assert synced == [200, 200, 200]
    assert (after.id, after.app) == (before.id, before.app)


@pytest.mark.requirement("REG-04")
def test_function_is_registered_again_after_inngest_lost_everything(
    own_stack: RunningStack, own_clients: Clients, settings: Settings, target: Target, tenant: str
) -> None:
    """When Inngest comes back with an empty store, it knows the function again within the polling time."""
    inngest = own_clients.inngest
    registered(inngest, own_stack.addresses.function, settings)
    stored = stored_before(inngest, tenant, settings)

    restart_empty(own_stack.engine, target)

    function = registered(inngest, own_stack.addresses.function, settings)
    require_forgotten(inngest, stored)
    assert function.slug == own_stack.addresses.slug


@pytest.mark.requirement("REG-06")
def test_retries_concurrency_and_name_are_configured(
    inngest: InngestClient, stack: Addresses, settings: Settings
) -> None:
    """The function's configuration shows retries, a concurrency above one and a name for people."""
    function = registered(inngest, stack.function, settings)
    retries = [step.get("retries") for step in _steps(function)]
    limits = [limit["limit"] for limit in _limits(function)]

    assert all(retries), f"retries: {retries}"
    assert limits, "no concurrency limit"
    assert min(limits) > 1, f"concurrency limits: {limits}"
    assert function.name not in ("", stack.function), f"the name is {function.name!r}"


def registered(inngest: InngestClient, function_id: str, settings: Settings) -> Function:
    """Wait until a function of that id is registered, and return it: the only one, under whatever app.

    Raises:
        UnmetError: There is none, or more than one; the text shows what is registered instead.
    """
    look: Callable[[], list[Function]] = lambda: [  # noqa: E731 - read again and again
        each for each in inngest.functions() if each.slug.endswith(function_id)
    ]
    within = settings.within(SYNC_WITHIN)
    try:
        [function] = until(look, within=within, every=LOOK_EVERY)
    except (OutOfTimeError, ValueError):
        known = "; ".join([each.slug for each in inngest.functions()] or ["no function at all"])
        apps = "; ".join(map(str, inngest.apps())) or "no app"
        raise UnmetError(
            f"a function {function_id} to be registered within {within:g} s, and but one.",
            f"Inngest knows {known}, of {apps}.",
            "see the logs of Inngest and of the dispatcher for that app, and the dispatcher's app and function ids.",
            hop="registered",
        ) from None
    return function


def restart_empty(engine: Part, target: Target) -> None:
    """Restart Inngest with an empty store, as far as its owner says how to empty it."""
    if target.is_running:
        engine.restart()
    else:
        engine.clear()
        engine.start()


def stored_before(inngest: InngestClient, tenant: str, settings: Settings) -> str:
    """Publish an event that nobody waits for, and return its id once it is stored."""
    [stored] = inngest.send({"name": "test/event", "data": {"message": "before the restart", "tenantId": tenant}}).ids
    try:
        until(lambda: inngest.event(stored), within=settings.within(STORED_WITHIN), every=LOOK_EVERY)
    except OutOfTimeError:
        raise Inconclusive(
            "an event to be stored before Inngest is restarted.", f"{stored} is not.", "see EVT-01."
        ) from None
    return stored


def _steps(function: Function) -> list[dict[str, Any]]:
    steps = function.config.get("steps") or {}
    return list(steps.values()) if isinstance(steps, dict) else list(steps)


def _limits(function: Function) -> list[dict[str, int]]:
    concurrency = function.config.get("concurrency") or []
    return list(concurrency["limits"] if isinstance(concurrency, dict) else concurrency)
