"""From templates to answers: escaped, under a strict policy of contents, and with a mark by which no change is seen."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from embedded_inngest.http import Request, Response
from embedded_inngest.page.lines import STATUSES
from embedded_inngest.page.times import duration, stamp
from embedded_inngest.wire import rfc3339

_HERE = Path(__file__).parent
_HTML = ("content-type", "text/html; charset=utf-8")
_OK, _NOT_MODIFIED = 200, 304
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-cache"),
)
"""Headers of everything that browsers are given."""


def page(request: Request, template: str, *, status: int = _OK, **content: Any) -> Response:
    """Render a page, unless whoever asks has seen it as it is."""
    body = _environment().get_template(template).render(path=request.path, **content)
    return answered(request, body.encode("utf-8", "replace"), _HTML, status=status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(stamp=stamp, duration=duration, rfc3339=rfc3339)
    environment.globals.update(statuses=STATUSES)
    return environment


def answered(request: Request, body: bytes, kind: tuple[str, str], *, status: int = _OK) -> Response:
    """Answer with a document, or with nothing if the one who asks says that he has this very one."""
    mark = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = (kind, ("etag", mark), *SAFE)
    if status == _OK and request.headers.get("if-none-match") == mark:
        return Response(_NOT_MODIFIED, b"", headers)
    return Response(status, body, headers)
