"""Faults of signing: what a delivery proves, and to whom."""

from dataclasses import replace

from faults.catalogue import fault, with_parts
from reference_dispatcher.app import Design
from reference_dispatcher.store import WebhookReader


@fault("MAT-09", "SIG-02", hop="delivered", stays_green=("MAT-01", "REQ-02", "SIG-05"))
def secret_of_another(design: Design) -> Design:
    """Every delivery is signed with the secret of the tenant's first webhook."""

    class FirstSecret(WebhookReader):
        query = """
            SELECT webhook_id, url, enabled, headers, retry_config,
                   (SELECT secret FROM sys_webhooks first
                    WHERE first.tenant_id = mine.tenant_id ORDER BY webhook_id LIMIT 1) AS secret
            FROM sys_webhooks mine WHERE webhook_id = %(id)s
        """

    return with_parts(design, lambda parts: replace(parts, reader=FirstSecret(parts.database)))
