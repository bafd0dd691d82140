"""One way to speak HTTP: bounded in time, without the environment's proxies, with clear words when nobody answers."""

from collections.abc import Mapping
from typing import Any

import httpx

from harness.errors import SetupError, UnmetError

TIMEOUT = 10.0
"""Seconds for one request; the parts of a stack answer in milliseconds."""


class Http:
    """A base URL of one part of the platform.

    Args:
        part: What the part is called in messages, such as "Inngest".
        base_url: Where it listens.
        headers: Sent with every request.
    """

    def __init__(self, part: str, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        self.part = part
        self.base_url = base_url
        self._client = httpx.Client(base_url=base_url, timeout=TIMEOUT, trust_env=False, headers=headers)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request.

        Raises:
            SetupError: No answer came; nothing can be said about what was asked.
        """
        try:
            return self._client.request(method, path, **options)
        except httpx.TransportError as error:
            raise SetupError(
                f"{self.part} to answer {method} {path}.",
                f"no answer from {self.base_url}: {str(error) or type(error).__name__}.",
                f"see whether {self.part} is up, and its log in the artifacts.",
            ) from error

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def answers(self, path: str) -> bool:
        """Tell whether the part answers GET with a status below 500; for waiting until it is up."""
        try:
            return self._client.get(path, timeout=1.0).status_code < 500  # noqa: PLR2004 - HTTP's server errors
        except httpx.TransportError:
            return False

    def listens(self) -> bool:
        """Tell whether the part takes connections, whatever it makes of them; a hanging one does."""
        try:
            self._client.get("/", timeout=1.0)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return False
        except httpx.TransportError:
            pass
        return True

    def close(self) -> None:
        self._client.close()


def object_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object that a part promises to answer.

    Raises:
        UnmetError: It answered something else, such as a page for people.
    """
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise UnmetError(
        f"{answer.request.method} {answer.request.url.path} to answer a JSON object.",
        f"{answer.status_code} {answer.headers.get('content-type')} {answer.text[:200]!r}.",
        "see what answers under that address.",
    )
