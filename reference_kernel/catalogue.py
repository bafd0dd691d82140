"""The documented test events, one for each test endpoint."""

from typing import Any

TEST_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "policy-bound": (
        "policy/bound",
        {
            "policyNumber": "POL-2026-001",
            "agreementId": "AGR-001",
            "marketContext": "RETAIL",
            "premium": 1250.5,
            "productType": "MOTOR",
        },
    ),
    "policy-renewed": (
        "policy/renewed",
        {"oldPolicyNumber": "POL-2025-001", "newPolicyNumber": "POL-2026-001", "renewalDate": "2026-12-01"},
    ),
    "claim-opened": (
        "claim/opened",
        {"claimNumber": "CLM-001", "claimId": "CLAIM-001", "claimAmount": 5000, "claimType": "COLLISION"},
    ),
    "claim-settled": (
        "claim/settled",
        {"claimNumber": "CLM-001", "settlementAmount": 4500, "settlementType": "FULL"},
    ),
}
"""By the last part of the endpoint's path: name and data of the event."""
