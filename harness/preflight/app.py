"""Is the target's dispatcher there, and is it synced with this very Inngest?"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from harness.addresses import Addresses
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.inngest_answers import Function
from harness.errors import SetupError, shortened
from harness.preflight.finding import Finding, must_answer
from harness.settings import Settings
from harness.stack import Clients
from harness.waiters import OutOfTimeError, until

SYNC_WITHIN = 3.0
"""Seconds until a dispatcher that was told to sync is registered; it usually takes a few milliseconds."""


def look_at_app(clients: Clients, addresses: Addresses, settings: Settings) -> Finding:
    """Look at the registration; a dispatcher that is not registered is told to register itself.

    Raises:
        SetupError: It does not answer, has registered itself with another Inngest, or has its endpoint elsewhere.
    """
    with must_answer("the dispatcher", "[dispatcher] url"):
        answer = clients.dispatcher.serve_endpoint()
    function = registered(clients.inngest, addresses) or _synced(clients, addresses, settings.within(SYNC_WITHIN))
    if function is None:
        known = shortened([each.slug for each in clients.inngest.functions()] or ["no function at all"])
        return Finding(about="app", good=False, note=f"{addresses.slug} is not registered; Inngest knows {known}")
    if not answer.is_success:
        _require_path(function, addresses, answer)
    return Finding(about="app", good=function.connected, note=_note_on_address(function, addresses))


def _require_path(function: Function, addresses: Addresses, answer: httpx.Response) -> None:
    """Make sure that what is not at the path of the target's file is not at another one, where Inngest calls it."""
    called, here = urlsplit(function.app_url), _place(function.app_url) == _place(addresses.dispatcher)
    if here and called.path != addresses.serve:
        raise SetupError(
            f"the endpoint of the Inngest SDK at {addresses.dispatcher}{addresses.serve}.",
            f"GET answers {answer.status_code} there; Inngest calls it at {called.path}.",
            f'say serve = "{called.path}" in [dispatcher] of the target\'s file.',
        )


def registered(inngest: InngestClient, addresses: Addresses) -> Function | None:
    """Return the function of the dispatcher, if Inngest knows it."""
    return next((each for each in inngest.functions() if each.slug == addresses.slug), None)


def _synced(clients: Clients, addresses: Addresses, within: float) -> Function | None:
    """Tell a dispatcher to sync, which it does with the Inngest that it is configured for."""
    before = _known(clients.inngest)
    answer = clients.dispatcher.sync()
    try:
        return until(lambda: registered(clients.inngest, addresses), within=within, every=LOOK_EVERY)
    except OutOfTimeError:
        functions = clients.inngest.functions()
        if answer.is_success and _known(clients.inngest) == before and not _related(functions, addresses):
            raise _elsewhere(answer, clients.inngest, addresses, functions) from None
        return None


def _known(inngest: InngestClient) -> set[str]:
    return {each.slug for each in inngest.functions()} | {f"{app.name} {app.url}" for app in inngest.apps()}


def _related(functions: Sequence[Function], addresses: Addresses) -> bool:
    """Tell whether one may be this dispatcher's under a wrong name, which is for the stages to judge."""
    port = urlsplit(addresses.dispatcher).port
    return any(
        each.app == addresses.app or each.slug.endswith(addresses.function) or urlsplit(each.app_url).port == port
        for each in functions
    )


def _elsewhere(
    answer: httpx.Response, inngest: InngestClient, addresses: Addresses, functions: Sequence[Function]
) -> SetupError:
    known = shortened([f"{each.slug} at {each.app_url}" for each in functions] or ["no function at all"])
    return SetupError(
        f"the dispatcher at {addresses.dispatcher} to be synced with the Inngest at {inngest.http.base_url}.",
        f"PUT {addresses.serve} answers {answer.status_code}, but not with this one has it synced: here is {known}.",
        "it is synced elsewhere: set its INNGEST_BASE_URL to this Inngest, or [inngest] url to the one it uses.",
    )


def _note_on_address(function: Function, addresses: Addresses) -> str:
    if _place(function.app_url) == _place(addresses.dispatcher):
        return ""
    return f"Inngest reaches the dispatcher at {function.app_url}, the suite at {addresses.dispatcher}"


def _place(url: str) -> tuple[str | None, int | None]:
    """Return host and port; an SDK may call loopback by another name than we do."""
    parts = urlsplit(url)
    return "127.0.0.1" if parts.hostname == "localhost" else parts.hostname, parts.port
