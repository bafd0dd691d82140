"""A Docker engine that is none: its API as far as the suite asks, over HTTP, and a container that exits on demand."""

import json
from collections.abc import Iterator
from queue import Queue
from typing import Any

import docker.errors
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

API = "/v1.41"
BRIDGE = {"IPAM": {"Config": [{"Subnet": "127.0.0.8/29"}]}}
"""A default bridge whose first address, 127.0.0.9, is this machine's, as it is on native Linux."""


class FakeDocker:
    """Answers as Docker does.

    Attributes:
        info: What it says of itself.
        bridge: Its default bridge; None when it has none.
        images: The images that are there.
        registry: What a pull of each other image comes to: a status and a message, or 200 and news.
        pulled: The images that were asked for at the registry.
        left: Names of the containers that are there, by their ids.
        stuck: Ids of containers that can't be removed.
        asked_for: The filters of each list of containers.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.info: dict[str, Any] = {
            "ServerVersion": "20.10.24",
            "OperatingSystem": "Debian GNU/Linux 12",
            "SecurityOptions": ["name=seccomp,profile=default"],
        }
        self.bridge: dict[str, Any] | None = BRIDGE
        self.images: set[str] = set()
        self.registry: dict[str, tuple[int, str]] = {}
        self.pulled: list[str] = []
        self.left: dict[str, str] = {}
        self.stuck: set[str] = set()
        self.asked_for: list[Any] = []
        self.address = f"tcp://{server.host}:{server.port}"
        server.expect_request("/version").respond_with_json({"ApiVersion": "1.41"})
        server.expect_request(f"{API}/info").respond_with_handler(lambda _: _answer(self.info))
        server.expect_request(f"{API}/networks/bridge").respond_with_handler(
            lambda _: _answer(self.bridge) if self.bridge else _refusal(404, "network bridge not found")
        )
        server.expect_request(f"{API}/networks").respond_with_json([])
        server.expect_request(f"{API}/images/create").respond_with_handler(self._pull)
        server.expect_request(f"{API}/containers/json").respond_with_handler(self._list)
        server.expect_request(_Below(f"{API}/images/")).respond_with_handler(self._image)
        server.expect_request(_Below(f"{API}/containers/")).respond_with_handler(self._container)

    def _image(self, request: Request) -> Response:
        name = request.path.removeprefix(f"{API}/images/").removesuffix("/json")
        return _answer({"Id": name}) if name in self.images else _refusal(404, f"No such image: {name}")

    def _pull(self, request: Request) -> Response:
        name = f"{request.args['fromImage']}:{request.args['tag']}"
        self.pulled.append(name)
        status, text = self.registry[name]
        if status == 200 and "error" not in text:
            self.images.add(name)
        return Response(text) if status == 200 else _refusal(status, text)

    def _list(self, request: Request) -> Response:
        self.asked_for.append(json.loads(request.args["filters"])["label"])
        return _answer([{"Id": each} for each in self.left])

    def _container(self, request: Request) -> Response:
        id_ = request.path.removeprefix(f"{API}/containers/").removesuffix("/json")
        if request.method == "GET":
            return _answer({"Id": id_, "Name": f"/{self.left[id_]}"})
        if id_ in self.stuck:
            return _refusal(500, "driver overlay2 failed to remove root filesystem")
        del self.left[id_]
        return Response(status=204)


class _Below(str):
    """Equals every path below a folder."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.startswith(str(self))

    __hash__ = str.__hash__


def _answer(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def _refusal(status: int, message: str) -> Response:
    return Response(json.dumps({"message": message}), status=status, content_type="application/json")


class FakeContainer:
    """A container as docker-py shows it.

    Attributes:
        state: What Docker says of it.
        calls: What it was asked to do.
        broken: Raised by whatever is asked for; None while Docker lives.
    """

    name = "beema-verify-1-engine-ab12"

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"Running": True, "ExitCode": 0, "OOMKilled": False}
        self.calls: list[str] = []
        self.broken: Exception | None = None
        self._said: list[bytes] = []
        self._news: Queue[bytes | None] = Queue()

    @property
    def attrs(self) -> dict[str, Any]:
        return {"State": self.state}

    def reload(self) -> None:
        self._act("reload")

    def says(self, text: str) -> None:
        self._news.put(text.encode())

    def exits(self, code: int, *, out_of_memory: bool = False) -> None:
        self.state = {"Running": False, "ExitCode": code, "OOMKilled": out_of_memory}
        self._news.put(None)

    def start(self) -> None:
        self._act("start")
        self.state = {**self.state, "Running": True}

    def stop(self, timeout: int) -> None:
        self._act(f"stop {timeout}")
        self.exits(0)

    def kill(self) -> None:
        self._act("kill")
        self.exits(137)

    def remove(self, **_: bool) -> None:
        self._act("remove")

    def logs(self, **_: bool) -> Iterator[bytes]:
        """Yield what was said since the container was made, then what it goes on to say until it exits."""
        yield from [*self._said]
        while (chunk := self._news.get()) is not None:
            self._said.append(chunk)
            yield chunk

    def _act(self, call: str) -> None:
        self.calls.append(call)
        if self.broken is not None:
            raise self.broken


def refused(message: str) -> docker.errors.APIError:
    """Return what docker-py raises when Docker says no."""
    return docker.errors.APIError("500 Server Error", explanation=message)
