"""What an app's answer means: steps to take, a result, or a failed attempt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from embedded_inngest import wire
from embedded_inngest.client import Answer, CallError, TooLargeError, UnreachableError
from embedded_inngest.errors import NotImitatedError
from embedded_inngest.gojson import complaint as complaint_of
from embedded_inngest.gotypes import TypeMismatchError, typed
from embedded_inngest.opcodes import NOTHING, RUN_COMPLETE, OpcodeError, Operation, read_operations
from embedded_inngest.release import V1_43, Release

_STEPS = 206
_STREAMED = 201
_NO_RETRY = "NonRetriableError"
_UNDUE_RETRY = "retry at"
_STREAM = "struct field StreamResponse"
_NO_STREAM = "error parsing stream: error reading response body to check for status code"
_IN_VAIN = "Error performing request to SDK URL:"
_TOO_LARGE = "output_too_large"
_NOT_SDK = "The response did not come from an Inngest SDK"
_SHORTEST_RETRY = 1.0
_LONGEST_RETRY = 24 * 60 * 60.0
_LONGEST_SECONDS = 7
_INTEGER = re.compile(r"[-+]?\d+", re.ASCII)
_LARGEST = 2**63 - 1
_LONGEST_NUMBER = 21
_KEPT_OF_FOREIGN_BODY = 8192
_JSON_STARTS = (b"{", b"[", b"")
_NO_JS_RETRY_BEFORE = {1: (1, 10, 1), 2: (2, 4, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt failed, as on_failure handlers and invoking functions are told."""

    error: str
    name: str = "Error"
    message: str
    stack: str | None = None

    def fields(self) -> dict[str, Any]:
        """Return the failure as JSON."""
        shown = {"error": self.error, "name": self.name, "message": self.message}
        return shown if self.stack is None else {**shown, "stack": self.stack}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, understood. `output` is JSON text; `operations` is None when the function itself ended.

    `plain` stands for the output where no answer came, and is no JSON.
    """

    output: str | None = None
    operations: tuple[Operation, ...] | None = None
    failure: Failure | None = None
    no_retry: bool = False
    retry_at: float | None = None
    request_version: int = 0
    plain: str | None = None

    @property
    def completion(self) -> Operation | None:
        """The operation that brings the result of the run, which then is over, whatever stands beside it."""
        operations = self.operations or ()
        return next((operation for operation in reversed(operations) if operation.op == RUN_COMPLETE), None)


def read_reply(answer: Answer, now: float, release: Release = V1_43) -> Reply:
    """Understand an answer; never raises, since a bad answer is a failed attempt."""
    try:
        if answer.status == _STREAMED:
            answer = _unwrapped(answer)
        reply = _steps(answer, release) if answer.status == _STEPS else _result(answer, release)
    except (CallError, OpcodeError) as error:
        return failed(error, release)
    except NotImitatedError as error:
        return not_imitated(error)
    retry_at = _retry_at(answer.headers.get("retry-after", ""), now)
    is_undue = retry_at is not None and release.forbids_retry_after
    if is_undue and reply.operations is None and reply.failure is None:
        reply = replace(reply, failure=_failure(_UNDUE_RETRY, reply.output))
    return replace(
        reply,
        no_retry=_forbids_retry(answer),
        retry_at=retry_at,
        request_version=_number(answer.headers.get("x-inngest-req-version", "")),
    )


def failed(error: CallError | OpcodeError, release: Release = V1_43, url: str = "") -> Reply:
    """Return what an attempt amounts to that brought no readable answer."""
    if release.plain_errors:
        return _failed_plainly(error, url)
    failure = Failure(error=str(error), message=str(error))
    if isinstance(error, TooLargeError):
        message = "Your function's response body exceeds the maximum size limit"
        failure = Failure(error=f"{_TOO_LARGE}: {message}", name=_TOO_LARGE, message=message)
    return Reply(failure=failure, output=wire.text({"error": failure.fields()}))


def _failed_plainly(error: CallError | OpcodeError, url: str) -> Reply:
    """Return what it amounts to in the older release, which shows the bare error."""
    if isinstance(error, TooLargeError):
        return Reply(failure=Failure(error=_TOO_LARGE, message=_TOO_LARGE), output=wire.text(_TOO_LARGE))
    text = str(error)
    if isinstance(error, UnreachableError):
        address = urlsplit(url).netloc.replace("localhost", "127.0.0.1")
        text = f'{_IN_VAIN} Post "{url}": dial tcp {address}: connect: connection refused'
    return _without_output(text)


def _without_output(error: str) -> Reply:
    return Reply(failure=Failure(error=error, message=error), output="null", plain=error)


def not_imitated(error: NotImitatedError) -> Reply:
    """Return what becomes of a run that could only go on otherwise than on the real server: it fails for good."""
    failure = Failure(error=str(error), name="NotImitatedError", message=str(error))
    return Reply(failure=failure, output=wire.text(failure.fields()), no_retry=True)


def broken_off(error: Exception) -> Reply:
    """Return what becomes of a run that meets a fault of this engine, told apart from any error of the real server."""
    message = ascii(error)
    failure = Failure(error=f"fault of the embedded engine: {message}", name="EmbeddedEngineFault", message=message)
    return Reply(failure=failure, output=wire.text(failure.fields()), no_retry=True)


def _unwrapped(answer: Answer) -> Answer:
    """Take the real status, headers and body out of a streamed answer."""
    try:
        stream = typed(wire.decode_foreign(answer.body), dict, "value of type httpdriver.StreamResponse") or {}
        status, complaint = _field(stream, "status", int, "int"), _field(stream, "error", str, "string")
        headers = _field(stream, "headers", dict, "map[string]string") or {}
        named = {name.lower(): typed(text, str, f"{_STREAM}.headers of type string") for name, text in headers.items()}
    except (TypeMismatchError, wire.OutOfRangeError) as error:
        raise CallError(f"{_NO_STREAM}: {error}") from None
    except ValueError:
        raise CallError(f"{_NO_STREAM}: {complaint_of(answer.body)}") from None
    if complaint is not None:
        raise CallError(f"error parsing stream: {complaint}")
    inner = stream.get("body")
    body = inner if isinstance(inner, str) else wire.text(inner)
    return Answer(status or 0, {**answer.headers, **named}, body.encode())


def _field(stream: dict[str, Any], name: str, wanted: type, go_name: str) -> Any:
    return typed(stream.get(name), wanted, f"{_STREAM}.{name} of type {go_name}")


def _steps(answer: Answer, release: Release) -> Reply:
    if not release.wants_sdk and answer.body[:1] not in _JSON_STARTS:
        return Reply(operations=NOTHING)
    operations = read_operations(answer.body, release)
    failure = None if _comes_from_sdk(answer, release) else Failure(error=_NOT_SDK, message=_NOT_SDK)
    return Reply(operations=operations, output=wire.characters(answer.body), failure=failure)


def _comes_from_sdk(answer: Answer, release: Release) -> bool:
    return _is_sdk(answer.headers) or not release.wants_sdk


def _result(answer: Answer, release: Release) -> Reply:
    output = quoted = output_text(answer.body)
    if release.plain_errors and output is not None:
        output = _unquoted(answer.body, output)
    is_success = 200 <= answer.status < 300  # noqa: PLR2004 (what "success" means in HTTP)
    if not is_success and not _comes_from_sdk(answer, release):
        upstream = _upstream_failure(answer)
        return Reply(output=wire.text(upstream.fields()), failure=upstream)
    error = None if is_success else f"invalid status code: {answer.status}"
    if _forbids_retry(answer):
        error = _NO_RETRY
    if not _comes_from_sdk(answer, release):
        error = _NOT_SDK
    if error and quoted is None:
        if release.plain_errors:
            return _without_output(error)
        output = quoted = wire.text(error)
    return Reply(output=output, failure=_failure(error, quoted) if error else None)


def _unquoted(body: bytes, output: str) -> str:
    """Return what the older release keeps of an answer: what is no JSON as it is."""
    text = wire.characters(body)
    return output if wire.is_json(text) else text


def output_text(body: bytes) -> str | None:
    """Return the JSON text that is kept of a function's answer: objects sorted, text quoted, other JSON untouched."""
    if not body:
        return None
    try:
        value = wire.decode_foreign(body)
    except ValueError:
        return wire.text(wire.characters(body))
    if isinstance(value, str) and value[:1] == "{" and value[-1:] == "}":
        value = _decoded_again(value)
    return wire.sorted_text(value) if isinstance(value, dict) else wire.characters(body)


def _decoded_again(text: str) -> Any:
    """Undo the double encoding that some SDKs do."""
    try:
        return wire.decode_foreign(text.encode())
    except ValueError:
        return text


def _failure(error: str, output: str | None) -> Failure:
    """Say why a function failed in the words of the error that the SDK serialised."""
    value = None if output is None else wire.decode(output)
    fields: dict[str, Any] = value if isinstance(value, dict) else {"message": value}
    for wrapper in ("error", "body"):
        inner = fields.get(wrapper)
        if isinstance(inner, dict):
            fields = inner
            break
    given = {key: text for key in ("error", "name", "message", "stack") if (text := fields.get(key))}
    texts = {key: text for key, text in given.items() if isinstance(text, str)}
    return Failure(**{"error": error, "message": error, **texts})


def _upstream_failure(answer: Answer) -> Failure:
    """Describe an error that came from something before the SDK, such as a proxy."""
    message = f"Your server returned HTTP {answer.status} before the SDK responded."
    stack = (
        "No step output was produced before the request failed — this can mean a proxy or load balancer in front of"
        " your app returned an error, or your app was unable to respond."
    )
    if answer.body:
        kind = answer.headers.get("content-type") or "unknown content-type"
        text = wire.characters(answer.body[:_KEPT_OF_FOREIGN_BODY])
        cut = "\n… (truncated)" if len(answer.body) > _KEPT_OF_FOREIGN_BODY else ""
        stack = f"{stack}\n\nUpstream response ({kind}):\n{text}{cut}"
    return Failure(error=message, name="Server returned a fatal error", message=message, stack=stack)


def _is_sdk(headers: Mapping[str, str]) -> bool:
    return bool(headers.get("x-inngest-sdk"))


def _forbids_retry(answer: Answer) -> bool:
    header = answer.headers.get("x-inngest-no-retry", "")
    if header:
        return header == "true"
    language, _, version = answer.headers.get("x-inngest-sdk", "").partition(":v")
    if language != "inngest-js" or not 400 <= answer.status < 500:  # noqa: PLR2004 (4xx)
        return False
    numbers = tuple(_number(part) for part in version.split("-", maxsplit=1)[0].split("."))
    return numbers < _NO_JS_RETRY_BEFORE.get(numbers[0], ())


def _retry_at(header: str, now: float) -> float | None:
    """Read seconds or a date, within a second and a day from now."""
    if not header:
        return None
    seconds = _number(header) if len(header) <= _LONGEST_SECONDS else 0
    at = now + seconds if seconds > 0 else _date(header)
    return None if at is None else min(max(at, now + _SHORTEST_RETRY), now + _LONGEST_RETRY)


def _date(text: str) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except (ValueError, OverflowError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None


def _number(text: str) -> int:
    """Read an integer as Go does: what is none counts as 0, what is too large as the largest."""
    if not _INTEGER.fullmatch(text):
        return 0
    return max(-_LARGEST - 1, min(int(text[:_LONGEST_NUMBER]), _LARGEST))
