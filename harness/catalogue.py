"""The events of the Beema platform, with an example of each one's data (docs/contract.md, "Events")."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "policy/bound": {
        "policyNumber": "POL-2026-001",
        "agreementId": "agr-1",
        "marketContext": "RETAIL",
        "premium": 1250.5,
        "productType": "MOTOR",
    },
    "policy/renewed": {
        "oldPolicyNumber": "POL-2025-001",
        "newPolicyNumber": "POL-2026-001",
        "renewalDate": "2026-12-01",
    },
    "claim/opened": {"claimNumber": "CLM-1", "claimId": "claim-1", "claimAmount": 900, "claimType": "THEFT"},
    "claim/settled": {"claimNumber": "CLM-1", "settlementAmount": 850, "settlementType": "FULL"},
    "agreement/created": {"agreementId": "agr-1"},
    "agreement/updated": {"agreementId": "agr-1", "changeType": "AMENDED", "changes": {"premium": [1200, 1250.5]}},
    "test/event": {"message": "Test event"},
    "test/webhook": {"webhookId": None},
}

KERNEL_ENDPOINTS = {
    "policy-bound": "policy/bound",
    "policy-renewed": "policy/renewed",
    "claim-opened": "claim/opened",
    "claim-settled": "claim/settled",
}
"""The kernel's test endpoints and the event that each one publishes."""
