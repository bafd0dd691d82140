"""The app of the benchmarks is what it stands for."""

import json

import pytest

from bench.app import Runs
from tests.unit.embedded_inngest.recordings import load

CALLS = load("11-steps")["calls"]


@pytest.mark.parametrize("number", range(3))
def test_app_answers_as_the_recorded_one(number: int) -> None:
    """Asked as the real server asked an app with the SDK, it gives the status and the operations that that one gave."""
    call = CALLS[number]
    head = b"POST /api/inngest?fnId=bench-steps&stepId=step HTTP/1.1\r\nX-Run-ID: 01M847VHFXP34R8AD5HG7A9617"

    answer = Runs().go_on(head, json.dumps(call["request"]["body"]).encode())

    status, _, rest = answer.partition(b"\r\n")
    assert int(status.split()[1]) == call["response"]["status"]
    assert json.loads(rest.partition(b"\r\n\r\n")[2]) == call["response"]["body"]


def test_run_counts_once_when_it_has_finished() -> None:
    """Three calls of one run are one arrival, and it has finished with the third."""
    runs = Runs()
    for call in CALLS:
        runs.go_on(b"POST /?fnId=bench-steps HTTP/1.1\r\nx-run-id: 01M8", json.dumps(call["request"]["body"]).encode())

    assert (len(runs.arrivals), runs.finished) == (1, 1)
