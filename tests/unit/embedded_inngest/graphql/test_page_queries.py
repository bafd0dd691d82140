"""What the real server's page asks: each of its operations, with every field that it wants, is answered."""

from typing import Any

import pytest

from tests.unit.embedded_inngest.flow.staged import Stage, function, play
from tests.unit.embedded_inngest.graphql.asking import FROM, answered

READINESS = "sdkFeatureReadiness { aiMetadataExtraction { ready reason } extendedTraces { ready reason } }"
APP = f"""id name appVersion sdkLanguage sdkVersion framework url error connected functionCount autodiscovered method
  {READINESS} functions {{ name id concurrency config slug url triggers {{ type value }} }}"""
CONFIGURATION = """cancellations { event timeout condition } retries { value isDefault } priority
  eventsBatch { maxSize timeout key } concurrency { scope limit { value isPlanLimit } key }
  rateLimit { limit period key } debounce { period key } throttle { burst key limit period } singleton { key mode }"""
LINE = """name status attempts queuedAt scheduledAt startedAt endedAt isRoot isUserland
  userlandSpan { spanName spanKind serviceName scopeName scopeVersion spanAttrs resourceAttrs }
  metadata { scope kind values updatedAt } outputID groupID debugRunID debugSessionID spanID stepID stepOp stepType
  stepInfo { __typename ... on InvokeStepInfo { triggeringEventID functionID timeout returnEventID runID timedOut }
    ... on SleepStepInfo { sleepUntil } ... on RunStepInfo { type }
    ... on WaitForEventStepInfo { eventName expression timeout foundEventID timedOut }
    ... on WaitForSignalStepInfo { signal timeout timedOut } }
  response { statusCode headers }"""
TRACE = f"{LINE} childrenSpans {{ {LINE} childrenSpans {{ {LINE} }} }}"
DEFER = "hashedDeferID userlandDeferID fnSlug status function { name slug } run { id status }"
NODE = """app { externalID name } cronSchedule eventName function { name slug } id isBatch queuedAt endedAt startedAt
  status hasAI isDeferred deferredFrom { runID function { name slug } }"""
PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
OF_EVENT = "status id startedAt endedAt function { name slug } trace(preview: true) { skipReason skipExistingRunID }"
WORKER = """id gatewayId instanceId workerIp maxWorkerConcurrency app { id } connectedAt lastHeartbeatAt
  disconnectedAt disconnectReason status groupHash sdkLang sdkVersion sdkPlatform syncId appVersion functionCount
  cpuCores memBytes os"""

OPERATIONS = {
    "GetApps": f"{{ apps {{ {APP} }} }}",
    "GetApp": f"query($app: UUID!){{ app(id: $app) {{ {APP} }} }}",
    "GetFunctions": "{ functions { id slug name triggers { type value } app { name method } url } }",
    "GetFunction": f"""query($slug: String!){{ functionBySlug(query: {{functionSlug: $slug}}) {{
      name id failureHandler {{ slug }} concurrency config configuration {{ {CONFIGURATION} }} slug
      triggers {{ type value condition }} app {{ name method }} url }} }}""",
    "GetRuns": f"""query($from: Time!, $preview: Boolean = false){{ runs(preview: $preview,
      filter: {{from: $from, timeField: QUEUED_AT, query: null, isDeferred: null}},
      orderBy: [{{field: QUEUED_AT, direction: DESC}}]) {{ edges {{ node {{ {NODE} }} }} {PAGE} }} }}""",
    "CountRuns": """query($from: Time!){ runs(filter: {from: $from, timeField: ENDED_AT}, preview: false,
      orderBy: [{field: ENDED_AT, direction: DESC}]) { totalCount(preview: false) } }""",
    "GetRun": f"""query($run: String!, $preview: Boolean){{ run(runID: $run) {{
      function {{ app {{ name method }} id name slug }} status trace(preview: $preview) {{ {TRACE} }} hasAI }} }}""",
    "GetRunTrace": f"query($run: String!){{ runTrace(runID: $run) {{ {TRACE} }} }}",
    "GetRunLinkage": f"""query($run: String!){{ run(runID: $run) {{ defers {{ {DEFER} }} siblingDefers {{ {DEFER} }}
      deferredFrom {{ runID function {{ name slug }} run {{ id status }} }} }} }}""",
    "GetTraceResult": """query($output: String!){ runTraceSpanOutputByID(outputID: $output) {
      input data error { message name stack cause } } }""",
    "GetTrigger": """query($run: String!){ runTrigger(runID: $run) {
      IDs payloads timestamp eventName isBatch batchID cron } }""",
    "GetEvent": """query($event: ID!){ event(query: {eventId: $event}) { id name createdAt status pendingRuns raw
      functionRuns { function { name } id status startedAt pendingSteps output
        waitingFor { expiryTime eventName expression } } } }""",
    "GetEventsV2": f"""query($from: Time!){{ eventsV2(first: 50, filter: {{from: $from, query: null, eventNames: null,
      includeInternalEvents: true}}) {{ edges {{ node {{ name id receivedAt runs {{ {OF_EVENT} }} }} }} totalCount
      {PAGE} }} }}""",
    "GetEventV2": """query($eventID: ULID!){ eventV2(id: $eventID) {
      name id receivedAt idempotencyKey occurredAt version source { name } } }""",
    "GetEventV2Payload": "query($eventID: ULID!){ eventV2(id: $eventID) { raw } }",
    "GetEventV2Runs": f"query($eventID: ULID!){{ eventV2(id: $eventID) {{ name runs {{ {OF_EVENT} }} }} }}",
    "GetWorkerConnections": f"""query($app: UUID!){{ workerConnections(first: 9, orderBy: [], filter: {{appIDs: [$app],
      timeField: CONNECTED_AT}}) {{ edges {{ node {{ {WORKER} }} }} {PAGE} totalCount }} }}""",
    "GetDebugRun": f"""query($slug: String!){{ debugRun(query: {{functionSlug: $slug}}) {{
      debugTraces {{ {LINE} }} }} }}""",
    "InvokeFunction": """mutation($slug: String!, $debug: ULID = null){ invokeFunction(functionSlug: $slug,
      data: {a: 1}, meta: {}, user: {}, debugSessionID: $debug, debugRunID: $debug) }""",
    "Rerun": """mutation($runID: ULID!, $debug: ULID = null){
      rerun(runID: $runID, debugRunID: $debug, debugSessionID: $debug) }""",
    "UpdateApp": 'mutation($appID: String!){ updateApp(input: {id: $appID, url: "http://x"}) { url id } }',
    "DeleteApp": "mutation($appID: String!){ deleteApp(id: $appID) }",
}
TYPES = {
    "app": ("UUID!", "app"),
    "appID": ("String!", "app"),
    "slug": ("String!", "slug"),
    "from": ("Time!", "from"),
    "run": ("String!", "run"),
    "runID": ("ULID!", "run"),
    "output": ("String!", "output"),
    "event": ("ID!", "event"),
    "eventID": ("ULID!", "event"),
}


async def asked(stage: Stage, query: str) -> dict[str, Any]:
    """Let a run happen, and ask an operation about it."""
    event_id = await stage.send("go")
    [run] = stage.runs("go")
    trace = "query($id: String!){ runTrace(runID: $id) { outputID } }"
    output = (await answered(stage, trace, id=run.id))["data"]["runTrace"]["outputID"]
    known = {"app": run.function.app_id, "slug": "go", "from": FROM, "run": run.id, "output": output, "event": event_id}
    given = {name: known[key] for name, (kind, key) in TYPES.items() if f"${name}: {kind}" in query}
    return await answered(stage, query, **given)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_page_is_answered(name: str) -> None:
    """An operation of the page gets all its fields and no error."""
    answers: list[dict[str, Any]] = []

    async def scene(stage: Stage) -> None:
        answers.append(await asked(stage, OPERATIONS[name]))

    play(scene, function("go", concurrency=2, priority={"run": "1"}))

    [answer] = answers
    assert "errors" not in answer
    assert None not in answer["data"].values()
