"""What a part answers is either the JSON object that it promises, or a broken promise in clear words."""

import socket
from contextlib import closing

import httpx
import pytest
from pytest_httpserver import HTTPServer

from harness.clients.http import Http, object_of
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


def test_error_is_an_answer_of_something_that_listens(httpserver: HTTPServer) -> None:
    """A part that answers 500 to everything is broken, and there."""
    httpserver.expect_request("/").respond_with_data("no", status=500)

    with closing(Http("part", httpserver.url_for(""))) as http:
        assert http.listens()


def test_silence_is_of_something_that_listens() -> None:
    """A part that takes a connection and says nothing hangs, and is there; one that refuses it is not."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        http = Http("part", f"http://127.0.0.1:{silent.getsockname()[1]}")
        hangs = http.listens()
    with closing(http):
        assert (hangs, http.listens()) == (True, False)
