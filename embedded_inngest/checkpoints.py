"""Steps that an app reports while its function goes on: `/v1/checkpoint/{run}/async`."""

import base64
import binascii
import uuid
from dataclasses import dataclass
from typing import Any

from embedded_inngest import gojson, opcodes, wire
from embedded_inngest.clock import NO_ID
from embedded_inngest.engine import Engine
from embedded_inngest.errors import EngineError, NotImitatedError, PublicError
from embedded_inngest.gotypes import typed
from embedded_inngest.http import JSON, Request, Response, Router, error_response
from embedded_inngest.opcodes import OpcodeError, Operation, OutputTooLargeError
from embedded_inngest.runs import Run

_MAX_STATE = 32 * 1024 * 1024
_NO_RUN = "0" * 26
_SHARD = "default"
_PARTS_OF_A_REFERENCE = 2
_FIELD = "struct field checkpointAsyncSteps.steps"
_NOT_IMITATED = {"DeferAdd", "DeferAbort"}
_SHOWN_ONLY = {opcodes.STEP_PLANNED}
_REFUSED_ONE_BY_ONE = {opcodes.STEP_FAILED, opcodes.RUN_COMPLETE, "SyncRunComplete"}
_SYNCHRONOUS = opcodes.RESULTS | _NOT_IMITATED | _SHOWN_ONLY | _REFUSED_ONE_BY_ONE


class CheckpointError(EngineError):
    """A checkpoint that was read and is refused; what it reported before that is kept."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What an app reports; `job_id` and `shard` name the request that it has not answered yet."""

    run_id: str
    job_id: str
    shard: str
    operations: tuple[Operation, ...]


class Checkpoints:
    """Memoises what is reported between two steps, as if each had been answered by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_routes(self, router: Router) -> None:
        """Add the route that SDKs use for functions that events start."""
        router.add("POST", "/v1/checkpoint/{run}/async", self._receive)

    def _receive(self, request: Request) -> Response:
        """Take a checkpoint; the run is the one that the body names, whatever the path says."""
        try:
            checkpoint = read_checkpoint(request.body)
            self._take(checkpoint)
        except PublicError as error:
            return error_response(error, JSON)
        return Response(200, b"", (JSON,))

    def _take(self, checkpoint: Checkpoint) -> None:
        try:
            self._keep_all(self._run(checkpoint), checkpoint.operations)
            self._check_reference(checkpoint)
        except CheckpointError as error:
            raise PublicError(error.status, str(error), data={"run_id": checkpoint.run_id}) from None

    def _run(self, checkpoint: Checkpoint) -> Run:
        run = self._engine.state.live_run(checkpoint.run_id)
        if run is None:
            raise CheckpointError("run not found in state store")
        return run

    def _keep_all(self, run: Run, operations: tuple[Operation, ...]) -> None:
        if any(operation.op not in _SYNCHRONOUS for operation in operations):
            raise CheckpointError("cannot checkpoint async steps")
        saved = sum(len(operation.memo()) for operation in operations if operation.op in opcodes.RESULTS)
        if run.state_bytes + saved > _MAX_STATE:
            raise CheckpointError("run state size limit exceeded: state is too large", status=413)
        for operation in operations:
            self._keep(run, operation)

    def _keep(self, run: Run, operation: Operation) -> None:
        if operation.op in opcodes.RESULTS:
            _check_size(operation)
            self._engine.executor.report(run, operation)
        elif operation.op in _NOT_IMITATED:
            error = NotImitatedError(f"opcode {operation.op}")
            self._engine.executor.refuse(run, error)
            raise error
        elif operation.op not in _SHOWN_ONLY:
            raise CheckpointError(f"cannot checkpoint opcode: {operation.op}")

    def _check_reference(self, checkpoint: Checkpoint) -> None:
        """Look for the open request, as the server does that would count its attempts from anew."""
        if not checkpoint.job_id:
            return
        if checkpoint.shard != _SHARD:
            raise CheckpointError("could not find queue shard for the specified name")
        if not self._engine.queue.holds(checkpoint.run_id, checkpoint.job_id):
            raise CheckpointError("queue item not found")


def _check_size(operation: Operation) -> None:
    try:
        operation.check_size()
    except OutputTooLargeError as error:
        raise CheckpointError(f"step {operation.id} output too large: {error}", status=413) from None


def read_checkpoint(body: bytes) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        PublicError: it is none; the words are the real server's as far as an SDK can bring them about.
    """
    try:
        content = typed(_decoded(body), dict, "value of type apiv1.checkpointAsyncSteps") or {}
        steps = typed(content.get("steps"), list, f"{_FIELD} of type []state.GeneratorOpcode") or ()
        run_id = _run_id(content)
        job_id, shard = _reference(str(content.get("qi_id") or ""))
        _check_uuid(str(content.get("fn_id", NO_ID)))
        operations = tuple(
            opcodes.read_operation(typed(step, dict, f"{_FIELD} of type state.GeneratorOpcode") or {}) for step in steps
        )
    except (ValueError, TypeError, OpcodeError) as error:
        raise PublicError(400, f"invalid request body: {error}") from None
    return Checkpoint(run_id=run_id, job_id=job_id, shard=shard, operations=operations)


def _decoded(body: bytes) -> Any:
    try:
        return wire.decode_foreign(body)
    except ValueError:
        raise ValueError(gojson.reader_complaint(body)) from None


def _run_id(content: dict[str, Any]) -> str:
    text = str(content.get("run_id", _NO_RUN))
    if len(text) != len(_NO_RUN):
        raise ValueError("ulid: bad data size when unmarshaling")
    return text


def _check_uuid(text: str) -> None:
    if len(text) != len(NO_ID):
        raise ValueError(f"invalid UUID length: {len(text)}")
    uuid.UUID(text)


def _reference(text: str) -> tuple[str, str]:
    """Read which job of which shard is meant; what can't be read means none."""
    try:
        parts = base64.b64decode(text).decode().split("::")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (parts[0], parts[1]) if len(parts) == _PARTS_OF_A_REFERENCE else ("", "")
