"""Where an app sends a request instead."""

from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from embedded_inngest.client import FailedRequestError

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def redirected(method: str, asked: str, url: str, location: str) -> str:
    """Return the URL to ask now; what the first one had in its query stays there, sorted as Go sorts it.

    Raises:
        FailedRequestError: the location can't be read.
    """
    try:
        target = urlsplit(urljoin(url, location))
        query = parse_qs(target.query, keep_blank_values=True) | _first_values(urlsplit(asked).query)
        return urlunsplit(target._replace(query=urlencode(sorted(query.items()), doseq=True), fragment=""))
    except ValueError as error:
        raise FailedRequestError(method, asked, f'failed to parse Location header "{location}": {error}') from None


def _first_values(query: str) -> dict[str, list[str]]:
    return {name: values[:1] for name, values in parse_qs(query, keep_blank_values=True).items()}
