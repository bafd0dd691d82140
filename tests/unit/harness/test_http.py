"""What a part answers is either the JSON object that it promises, or a broken promise in clear words."""

import httpx
import pytest

from harness.clients.http import object_of
from harness.errors import UnmetError


def answer(text: str) -> httpx.Response:
    """Return a part's answer."""
    return httpx.Response(200, text=text, request=httpx.Request("GET", "http://part/health"))


def test_object_is_returned() -> None:
    """A JSON object is returned as it is."""
    assert object_of(answer('{"status": 200}')) == {"status": 200}


@pytest.mark.parametrize("text", ["<html>", "", "[]x", "7", "[]", "[1]", '"UP"', "null"])
def test_anything_else_breaks_the_promise(text: str) -> None:
    """A page, nothing, or JSON that is no object breaks the promise, and the message shows what came."""
    with pytest.raises(UnmetError, match="GET /health to answer a JSON object"):
        object_of(answer(text))
