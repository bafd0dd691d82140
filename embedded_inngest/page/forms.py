"""Forms: what is read from them, and which are refused because another site may have sent them."""

from urllib.parse import parse_qsl, urlsplit

from embedded_inngest.http import Request

_OURS = {"same-origin", "none"}


def fields(request: Request) -> dict[str, str]:
    """Return what a form was filled in with."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def is_foreign(request: Request) -> bool:
    """Tell whether a browser sent this on behalf of another site.

    Browsers say so in `Sec-Fetch-Site`, or over plain HTTP to another machine at least in `Origin`. What has neither
    comes from no browser, so there is nobody who could be tricked.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OURS
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")
