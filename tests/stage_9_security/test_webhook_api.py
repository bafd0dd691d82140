"""SEC-04: the webhook API serves each tenant its own webhooks, takes nothing that is wrong, and tells no secret."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import httpx
import pytest

from harness.clients.dispatcher import DispatcherClient
from harness.clients.rows import Rows
from harness.errors import Inconclusive, UnmetError, shortened
from harness.judges import leaks
from harness.judges.leaks import Place
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

pytestmark = [pytest.mark.needs("webhook_api"), pytest.mark.requirement("SEC-04")]

Call = Callable[[str | None], httpx.Response]
"""One use of the API, on behalf of a tenant or of none."""

NOWHERE = "http://127.0.0.1:9/nobody"

WRONG_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "a URL that is none": {"url": "not a url"},
    "a URL of another scheme": {"url": "ftp://127.0.0.1/hook"},
    "a number as URL": {"url": 42},
    "a list as event type": {"event_type": ["policy/bound"]},
    "a list as headers": {"headers": ["X-One"]},
    "a word as retry_config": {"retry_config": "often"},
    "a NUL in the name": {"webhook_name": "nul-\0-nul"},
}
"""What no webhook can be."""

NOT_NAMED = "GET one"
"""A route that the contract does not name: where it is, it must keep to the rules."""

WRONG_BODIES = {"no JSON": b"{", "no object": b'["webhook"]', "nothing": b"", "bad UTF-8": b'{"url": "\xff"}'}
WRONG_IDS = ("no-number", "-1", "9" * 30)
LISTS = "deliveries_api"


class Routes(Protocol):
    """Returns every route of the API, used for one webhook, its end last."""

    def __call__(self, webhook: Webhook, **fields: Any) -> dict[str, Call]: ...


@pytest.fixture
def routes(dispatcher: DispatcherClient, target: Target) -> Routes:
    """The routes, those that the target has."""

    def of(webhook: Webhook, **fields: Any) -> dict[str, Call]:
        at, changed, listed = f"/{webhook.id}", {"url": webhook.url, **fields}, {"webhook_id": webhook.id}
        known: dict[str, Call] = {
            "GET": lambda tenant: dispatcher.api("GET", tenant=tenant),
            NOT_NAMED: lambda tenant: dispatcher.api("GET", at, tenant=tenant),
            "POST": lambda tenant: dispatcher.api("POST", tenant=tenant, json=_document(_name(), **fields)),
            "PUT": lambda tenant: dispatcher.api("PUT", at, tenant=tenant, json=_document(webhook.name, **changed)),
            "POST test": lambda tenant: dispatcher.api("POST", f"{at}/test", tenant=tenant),
            "GET deliveries": lambda tenant: dispatcher.api("GET", "/deliveries", tenant=tenant, params=listed),
            "DELETE": lambda tenant: dispatcher.api("DELETE", at, tenant=tenant),
        }
        return {name: call for name, call in known.items() if name != "GET deliveries" or LISTS not in target.lacks}

    return of


def test_every_route_needs_the_tenant(routes: Routes, webhooks: Webhooks, rows: Rows) -> None:
    """Without X-Tenant-ID, or with an empty one, each route answers 4xx, and changes nothing."""
    webhook = webhooks.create()
    calls = routes(webhook)

    answers = {f"{route}, {tenant!r}": call(tenant) for route, call in calls.items() for tenant in (None, "")}

    must_refuse(answers)
    assert rows.webhook_status(webhook.id).enabled
    require_working(calls, webhooks.tenant)


def test_wrong_input_is_refused(routes: Routes, dispatcher: DispatcherClient, webhooks: Webhooks, rows: Rows) -> None:
    """What cannot be a webhook, or the id of one, is answered with 4xx, and not stored."""
    own = webhooks.create()
    ask = partial(dispatcher.api, tenant=webhooks.tenant)
    wrong = {what: {**_document(_name()), **fields} for what, fields in WRONG_FIELDS.items()}
    lacking = {f"no {field}": _document(_name(), **{field: None}) for field in ("url", "event_type")}
    taken = {"a name that is taken": _document(own.name)}

    answers = {f"POST {what}": ask("POST", json=document) for what, document in (wrong | lacking | taken).items()}
    answers |= {f"POST {what}": ask("POST", content=body) for what, body in WRONG_BODIES.items()}
    answers |= {f"PUT {what}": ask("PUT", f"/{own.id}", json=document) for what, document in wrong.items()}
    answers |= {f"PUT /{each}": ask("PUT", f"/{each}", json=_document(_name())) for each in WRONG_IDS}
    answers["DELETE /no-number"] = ask("DELETE", "/no-number")

    must_refuse(answers)
    names = [
        document["webhook_name"] for document in (wrong | lacking).values() if "\0" not in document["webhook_name"]
    ]
    assert [name for name in names if rows.webhook_named(name, tenant=webhooks.tenant)] == []
    require_working(routes(own), webhooks.tenant)


def test_tenant_gets_at_no_other_webhook(routes: Routes, webhooks: Webhooks, rows: Rows) -> None:
    """Another tenant's webhook is neither shown, nor changed, deleted or tried."""
    theirs, mine = webhooks.create(tenant=f"{webhooks.tenant}-other"), webhooks.create()

    answers = {route: call(webhooks.tenant) for route, call in routes(theirs).items()}

    told = {"the other's name": theirs.name, "its path": theirs.path, "its secret": str(theirs.secret)}
    leaks.require_none(told, _places(answers))
    must_refuse({route: answers[route] for route in ("PUT", "POST test")})
    assert rows.webhook_named(theirs.name, tenant=theirs.tenant), "it was deleted"
    assert rows.webhook_status(theirs.id).enabled, "it was changed"
    require_working(routes(mine), webhooks.tenant)


def test_no_answer_tells_a_secret(routes: Routes, dispatcher: DispatcherClient, webhooks: Webhooks) -> None:
    """No answer, be it of a success or of an error, has a secret in its body or its headers."""
    stored, given, refused = webhooks.create(), *(f"secret-{secrets.token_hex(16)}" for _ in range(2))
    ask = partial(dispatcher.api, tenant=webhooks.tenant, json=_document(_name(), url=7, secret=refused))
    answers = {"GET before": dispatcher.webhooks(webhooks.tenant)}

    answers |= {route: call(webhooks.tenant) for route, call in routes(stored, secret=given).items()}

    answers |= {"a wrong POST": ask("POST"), "a wrong PUT": ask("PUT", f"/{stored.id}")}
    kept = {"the stored secret": str(stored.secret), "the given secret": given, "the refused secret": refused}
    leaks.require_none(kept, _places(answers))
    require_working(routes(webhooks.create()), webhooks.tenant)


def must_refuse(answers: Mapping[str, httpx.Response]) -> None:
    """Check that each of these was answered with 4xx.

    Raises:
        UnmetError: One was not.
    """
    if wrong := [f"{what}: {each.status_code}" for what, each in answers.items() if not each.is_client_error]:
        raise UnmetError(
            "4xx for each of these uses of /api/webhooks.",
            f"{shortened(wrong)}.",
            "ask for X-Tenant-ID first, then check the input, then look for the webhook among the tenant's own.",
            hop="recorded",
        )


def require_working(routes: Mapping[str, Call], tenant: str) -> None:
    """Make sure that these routes work for a tenant whose webhook it is, or their refusals would show nothing.

    Raises:
        Inconclusive: One does not.
    """
    answers = {route: call(tenant) for route, call in routes.items() if route != NOT_NAMED}
    broken = [f"{route}: {answer.status_code}" for route, answer in answers.items() if not answer.is_success]
    if broken:
        raise Inconclusive(
            "the webhook API to work as the contract says, for a tenant's own webhook.",
            f"{shortened(broken)}.",
            "see docs/contract.md for its routes; ids stand in the path. Declare absent.webhook_api if there is none.",
        )


def _document(name: str, **fields: Any) -> dict[str, Any]:
    """Return a webhook as it is posted, that hears of nothing; a field that is None is left out."""
    good = {"webhook_name": name, "event_type": "policy/bound", "url": NOWHERE, "enabled": False}
    document = good | {"secret": f"secret-{secrets.token_hex(16)}"} | fields
    return {key: value for key, value in document.items() if value is not None}


def _name() -> str:
    return f"posted-{secrets.token_hex(6)}"


def _places(answers: Mapping[str, httpx.Response]) -> Iterator[Place]:
    for route, answer in answers.items():
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        yield Place(name=f"the answer to {route}", hop="recorded", text=f"{headers}\n{answer.text}")
