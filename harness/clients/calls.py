"""Calls of a function as Inngest makes them, for showing that nobody else can.

The form is that of v1.43.0's requests; the signature is `t=<seconds>&s=<hex HMAC-SHA256 of the body and t>`, keyed with
the signing key as it is written. SDKs check it over the body's canonical form (RFC 8785), which this body is in.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

SIGNATURE = "X-Inngest-Signature"
"""The header of a signed call."""


def call_of(event: Mapping[str, Any]) -> bytes:
    """Return the body of the first call of a run that an event would start."""
    context = {
        "attempt": 0,
        "disable_immediate_execution": False,
        "env": "",
        "fn_id": "00000000-0000-0000-0000-000000000000",
        "run_id": f"verify-{secrets.token_hex(8)}",
        "stack": {"current": 0, "stack": []},
        "step_id": "step",
        "use_api": False,
    }
    whole = {"ts": int(time.time() * 1000), "user": {}, **event}
    call = {"ctx": context, "event": whole, "events": [whole], "steps": {}, "use_api": False, "version": -1}
    return json.dumps(call, sort_keys=True, separators=(",", ":")).encode()


def signature(body: bytes, key: str, *, at: float | None = None) -> str:
    """Sign a call with the key as it is written, which is how a server takes a key without a prefix."""
    second = str(int(time.time() if at is None else at))
    return f"t={second}&s={hmac.digest(key.encode(), body + second.encode(), hashlib.sha256).hex()}"
