"""Options of flow control as an app registers them: as the server shows them, and refused in its words."""

import json
import re
from collections.abc import Mapping
from typing import Any

from embedded_inngest.durations import of_option, written
from embedded_inngest.errors import BarePublicError
from embedded_inngest.expressions import is_expression
from embedded_inngest.flow.singleton import MODES, SKIP
from embedded_inngest.opcodes import OpcodeError
from embedded_inngest.release import Release

_DAY = 24 * 60 * 60.0
_SHORTEST, _LONGEST_DEBOUNCE, _LONGEST_RATE = 1.0, 7 * _DAY, _DAY
_SMALLEST_BATCH = 2
_OF_DAYS = re.compile(r"[dw]")
_EXCLUDED_BY_BATCHES = ("cancel", "debounce", "singleton")
_IDEMPOTENCY = {"limit": 1, "period": "24h0m0s"}

_TEXT, _WHOLE, _NANOSECONDS = "string", "uint", "time.Duration"
_FIELDS = {
    "throttle": ("SDKFunction", {"limit": _WHOLE, "burst": _WHOLE, "period": _TEXT, "key": _TEXT}),
    "rateLimit": ("RateLimit", {"limit": _WHOLE, "period": _TEXT, "key": _TEXT}),
    "debounce": ("Debounce", {"period": _TEXT, "timeout": _TEXT, "key": _TEXT}),
    "singleton": ("Singleton", {"key": _TEXT}),
    "cancel": ("Cancel", {"event": _TEXT, "timeout": _TEXT, "if": _TEXT}),
}

Options = Mapping[str, Any]


def check_types(definition: Options, release: Release) -> None:
    """Refuse what the server can't even read, so that no function of the app is registered.

    Raises:
        BarePublicError: an option has the wrong type.
    """
    for option, (struct, fields) in _FIELDS.items():
        given = definition.get(option) or {}
        for one in given if isinstance(given, list) else [given]:
            _check_fields(one, fields, f"{struct}.functions.{option}")
    time = _TEXT if release.texts_timeouts else _NANOSECONDS
    _check_fields(definition.get("timeouts") or {}, {"start": time, "finish": time}, "Timeouts.functions.timeouts")
    _check_fields(definition, {"idempotency": _TEXT}, "SDKFunction.functions")


def shown(definition: Options) -> dict[str, Any]:
    """Return the options of a function as the server shows them.

    Raises:
        BarePublicError: one of them can't be read.
    """
    idempotency = definition.get("idempotency")
    return {
        "batchEvents": definition.get("batchEvents"),
        "rateLimit": definition.get("rateLimit") if idempotency is None else {**_IDEMPOTENCY, "key": idempotency},
        "throttle": _throttle(definition.get("throttle")),
        "debounce": _debounce(definition.get("debounce")),
        "singleton": _singleton(definition.get("singleton")),
    }


def are_allowed(config: Options) -> bool:
    """Tell whether the server takes a function that is shown with these options."""
    return (
        _is_batch(config.get("batchEvents"))
        and _is_debounce(config.get("debounce"))
        and _is_rate_limit(config.get("rateLimit"))
        and ("batchEvents" not in config or not _excludes_batches(config))
    )


def _excludes_batches(config: Options) -> bool:
    prioritised = (config.get("priority") or {}).get("run") is not None
    return prioritised or any(option in config for option in _EXCLUDED_BY_BATCHES)


def _check_fields(given: Options, fields: Mapping[str, str], place: str) -> None:
    for name, kind in fields.items():
        if given.get(name) is not None:
            _check_type(given[name], kind, f"{place}.{name}")


def _check_type(given: Any, kind: str, place: str) -> None:
    is_whole = isinstance(given, int) and not isinstance(given, bool)
    if isinstance(given, str) if kind == _TEXT else is_whole and (given >= 0 or kind == _NANOSECONDS):
        return
    number = "number" if kind == _TEXT else f"number {json.dumps(given)}"
    found = {bool: "bool", str: "string", list: "array", dict: "object"}.get(type(given), number)
    raise _unreadable(f"json: cannot unmarshal {found} into Go struct field {place} of type {kind}")


def _throttle(given: Options | None) -> Options | None:
    if given is None:
        return None
    try:
        period = written(of_option(given.get("period") or ""))
    except OpcodeError as error:
        raise _unreadable(str(error)) from None
    key = {} if given.get("key") is None else {"key": given["key"]}
    return {"burst": given.get("burst") or 0, **key, "limit": given.get("limit") or 1, "period": period}


def _debounce(given: Options | None) -> Options | None:
    return given if given is None or given.get("key") != "" else {**given, "key": None}


def _singleton(given: Options | None) -> Options | None:
    if given is None:
        return None
    mode = given.get("mode", SKIP)
    if mode is not None and not isinstance(mode, str):
        raise _unreadable(f"SingletonMode should be a string, got {json.dumps(mode)}")
    if mode not in MODES:
        raise _unreadable(f"{mode or ''} does not belong to SingletonMode values")
    return {"key": given.get("key"), "mode": mode}


def _is_batch(given: Any) -> bool:
    if given is None:
        return True
    size, timeout = given.get("maxSize"), given.get("timeout")
    return (
        isinstance(size, int)
        and size >= _SMALLEST_BATCH
        and isinstance(timeout, str)
        and not _OF_DAYS.search(timeout)
        and _lasts(timeout, at_least=_SHORTEST)
        and is_expression(given.get("key"))
        and is_expression(given.get("if"))
    )


def _is_debounce(given: Options | None) -> bool:
    return given is None or (
        _lasts(given.get("period"), at_least=_SHORTEST, at_most=_LONGEST_DEBOUNCE) and is_expression(given.get("key"))
    )


def _is_rate_limit(given: Options | None) -> bool:
    return given is None or (
        given.get("limit", 0) > 0
        and _lasts(given.get("period"), at_most=_LONGEST_RATE)
        and is_expression(given.get("key"))
    )


def _lasts(text: str | None, *, at_least: float = float("-inf"), at_most: float = float("inf")) -> bool:
    try:
        return at_least <= of_option(text or "") <= at_most
    except OpcodeError:
        return False


def _unreadable(complaint: str) -> BarePublicError:
    return BarePublicError(400, f"Invalid request: {complaint}")
