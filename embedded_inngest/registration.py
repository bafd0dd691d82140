"""From what an SDK posts to `/fn/register` to functions: keys read in any case, checked, shown as the server does."""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from embedded_inngest import concurrency, gojson, limits, wire
from embedded_inngest.apps import Function, Trigger
from embedded_inngest.clock import named_uuid
from embedded_inngest.errors import BarePublicError, PublicError
from embedded_inngest.flow import options
from embedded_inngest.gotypes import TypeMismatchError, typed
from embedded_inngest.release import Release

_LOCAL = {"localhost", "127.0.0.1", "0.0.0.0"}  # noqa: S104 (names that mean this machine, nothing is bound)
_DEFAULT_PORTS = {("http", 80), ("https", 443), ("ws", 80), ("wss", 443)}
_SERVER_ONLY = {"deployId", "probe"}
_NEWER = {"singleton", "jitter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A register request, read."""

    url: str
    app_name: str
    app_version: str
    sdk_language: str
    sdk_version: str
    framework: str | None
    functions: tuple[dict[str, Any], ...]
    checksum: str


def normalized_url(url: str, release: Release) -> str:
    """Write a URL as the server does: names of this machine with a port become localhost, default ports vanish."""
    parts = urlsplit(url)
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _SERVER_ONLY])
    return urlunsplit(parts._replace(netloc=_normalized_host(parts.scheme, parts.netloc, release), query=query))


def _normalized_host(scheme: str, netloc: str, release: Release) -> str:
    host, separator, port = netloc.rpartition(":")
    if not separator or not port.isdecimal():
        return netloc
    host = "localhost" if host in _LOCAL else host
    is_default = release.newer_options and (scheme, int(port)) in _DEFAULT_PORTS
    return host if is_default else f"{host}:{port}"


def read_registration(body: bytes, release: Release) -> Registration:
    """Read a register request.

    Raises:
        PublicError: it is not one.
    """
    try:
        content = wire.decode_foreign(body)
    except wire.TooDeepError as error:
        raise BarePublicError(400, f"Invalid request: {error}") from None
    except ValueError:
        raise BarePublicError(400, f"Invalid request: {gojson.reader_complaint(body)}") from None
    if not isinstance(content, dict | None):
        complaint = TypeMismatchError(content, "value of type sdk.RegisterRequest")
        raise BarePublicError(400, f"Invalid request: {complaint}")
    payload = {str(key).lower(): value for key, value in (content or {}).items()}
    payload.pop("featureobservations", None)
    functions = tuple(_typed(payload.get("functions"), list, "functions of type []sdk.SDKFunction") or ())
    for definition in functions:
        if isinstance(definition, dict):
            _check_types(definition, release)
    language, _, version = str(payload.get("sdk") or "").partition(":")
    name = payload.get("appname")
    if release.apps_by_name and (not isinstance(name, str) or not name):
        raise PublicError(400, "App ID required")
    return Registration(
        url=_url(str(payload.get("url") or ""), release),
        app_name=str(name or ""),
        app_version=str(payload.get("appversion") or ""),
        sdk_language=language,
        sdk_version=version,
        framework=payload.get("framework") or None,
        functions=functions,
        checksum=hashlib.sha256(wire.canonical(payload)).hexdigest(),
    )


def _typed(value: Any, wanted: type, place: str) -> Any:
    try:
        return typed(value, wanted, f"struct field RegisterRequest.{place}")
    except TypeMismatchError as error:
        raise BarePublicError(400, f"Invalid request: {error}") from None


def _url(given: str, release: Release) -> str:
    try:
        return normalized_url(given, release)
    except ValueError as error:
        raise BarePublicError(400, f"Invalid request: {error}") from None


def _check_types(definition: dict[str, Any], release: Release) -> None:
    try:
        options.check_types(definition, release)
    except AttributeError:
        raise limits.INVALID from None


def build_functions(
    registration: Registration, release: Release, *, app_id: str, known: dict[str, Function], now: float
) -> list[Function]:
    """Build the functions of an app; one known by its slug keeps its id and gets its version counted up.

    Raises:
        PublicError: at least one is invalid.
    """
    built = []
    for definition in registration.functions:
        try:
            before = known.get(str(definition.get("id") or ""))
            function = _build(definition, release, app_id=app_id, before=before, now=now)
            limits.check(function, release)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise limits.INVALID from None
        built.append(function)
    return built


def _build(
    definition: dict[str, Any], release: Release, *, app_id: str, before: Function | None, now: float
) -> Function:
    if not release.newer_options:
        definition = _without(definition, _NEWER)
        definition["triggers"] = [_without(trigger, _NEWER) for trigger in definition.get("triggers") or ()]
    steps = [_step(step, definition, release) for step in (definition.get("steps") or {}).values()]
    name = str(definition.get("name") or "")
    url = steps[0]["uri"] if steps else ""
    function_id = before.id if before and release.apps_by_name else named_uuid(name + url)
    slug = str(definition.get("id") or name.lower().replace(" ", "-"))
    version = (before.version if before else 0) + release.counts_versions
    shown = _options(definition, release)
    config = {"id": function_id, "fv": version, "name": name, "slug": slug, **shown, "steps": steps}
    return Function(
        id=function_id,
        app_id=app_id,
        slug=slug,
        name=name,
        url=url,
        triggers=tuple(_triggers(definition)),
        retries=steps[0].get("retries") if steps else None,
        config=config,
        created_at=before.created_at if before else now,
    )


def _without(given: dict[str, Any], unknown: set[str]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in unknown}


def _step(step: dict[str, Any], definition: dict[str, Any], release: Release) -> dict[str, Any]:
    url = (step.get("runtime") or {}).get("url")
    if not isinstance(url, str):
        raise limits.INVALID
    shown: dict[str, Any] = {"id": step.get("id"), "name": step.get("name"), "uri": normalized_url(url, release)}
    ours = definition.get("retries")
    if not isinstance(ours, int | None):
        raise limits.INVALID
    retries = (step.get("retries") or {}).get("attempts", ours)
    if retries is not None:
        shown["retries"] = min(int(retries), release.most_retries)
    return shown


def _triggers(definition: dict[str, Any]) -> list[Trigger]:
    return [
        Trigger(trigger["event"], trigger.get("expression"))
        for trigger in definition.get("triggers") or ()
        if trigger.get("event")
    ]


def _options(definition: dict[str, Any], release: Release) -> dict[str, Any]:
    """Return the options as the server shows them, in its order, absent ones left out."""
    flow = options.shown(definition)
    shown = {
        "priority": definition.get("priority"),
        "timeouts": definition.get("timeouts"),
        "concurrency": concurrency.shown(definition.get("concurrency"), release),
        "debounce": flow["debounce"],
        "triggers": [_without_nulls(trigger) for trigger in definition.get("triggers") or ()],
        "batchEvents": flow["batchEvents"],
        "rateLimit": flow["rateLimit"],
        "throttle": flow["throttle"],
        "cancel": definition.get("cancel") or None,
        "singleton": flow["singleton"],
    }
    return {key: _without_nulls(value) for key, value in shown.items() if value is not None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
