"""An Inngest server as its clients see it: asked in the words of the transcripts, answering in their form."""

import json
from collections.abc import Iterable
from typing import Any

import httpx

from tests.unit.embedded_inngest.recordings import Json

PATIENCE = 10.0
"""Seconds for one answer; the longest is the one to six thousand events."""

EVENT = """query($id: ID!) { event(query: {eventId: $id}) {
  id name status totalRuns functionRuns { id status function { slug } } } }"""

RUN = """query($id: String!) {
  run(runID: $id) {
    status output startedAt endedAt function { slug }
    trace {
      name status attempts stepOp isRoot outputID
      childrenSpans { name status attempts stepOp outputID childrenSpans { name status attempts } }
    }
  }
  runTrigger(runID: $id) { eventName payloads }
}"""


class Server:
    """A running server, real or embedded."""

    def __init__(self, base_url: str, *, event_key: str = "local", signing_key: str | None = None) -> None:
        self.base_url = base_url
        self._event_key = event_key
        bearer = {"authorization": f"Bearer {signing_key}"} if signing_key else {}
        self._client = httpx.Client(base_url=base_url, timeout=PATIENCE, trust_env=False, headers=bearer)

    def answer(self, method: str, path: str, body: str | bytes = b"", headers: Json | None = None) -> Json:
        """Send one request and return the answer in the form of the transcripts."""
        response = self._client.request(method, path, content=body, headers=headers)
        try:
            said = response.json()
        except ValueError:
            said = response.text
        return {"status": response.status_code, "headers": dict(response.headers), "body": said}

    def get(self, path: str) -> Json:
        return self.answer("GET", path)

    def post(self, path: str, body: Any) -> Json:
        return self.answer("POST", path, json.dumps(body), {"content-type": "application/json"})

    def repeat(self, request: Json) -> Json:
        """Send a recorded request again."""
        return self.answer(request["method"], request["path"], request.get("body", ""), request.get("headers"))

    def send(self, name: str, data: Any = None, **fields: Any) -> str:
        """Send one event and return the id by which the server knows it."""
        answer = self.post(f"/e/{self._event_key}", {"name": name, "data": data or {}, **fields})
        return str(answer["body"]["ids"][0])

    def graphql(self, query: str, **variables: Any) -> Json:
        answer: Json = self.post("/v0/gql", {"query": query, "variables": variables})["body"]
        return answer

    def event(self, event_id: str) -> Json:
        """Return what GraphQL says of an event and of the runs it started."""
        return self.graphql(EVENT, id=event_id)

    def run(self, run_id: str) -> Json:
        """Return what GraphQL says of a run, its trace and its trigger."""
        return self.graphql(RUN, id=run_id)

    def runs_of(self, event_id: str) -> list[Json]:
        """Return the id, status and function of each run that an event started; GraphQL isn't cached, /v1 is."""
        return self.event(event_id)["data"]["event"]["functionRuns"] or []

    def close(self) -> None:
        self._client.close()


def answered_ids(answers: Iterable[Json]) -> list[str]:
    """Return the ids that the event API gave out."""
    bodies = [answer["body"] for answer in answers if isinstance(answer["body"], dict)]
    return [event_id for body in bodies for event_id in body.get("ids", [])]
