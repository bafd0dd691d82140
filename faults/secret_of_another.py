"""Every delivery is signed with the secret of the tenant's first webhook."""

from dataclasses import replace

from reference_dispatcher.app import run
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.store import WebhookReader

MUST_BREAK, HOP = ("MAT-09", "SIG-02"), "delivered"


class FirstSecret(WebhookReader):
    """Reads the secret from the wrong row."""

    query = """
        SELECT webhook_id, url, enabled, headers, retry_config,
               (SELECT secret FROM sys_webhooks first
                WHERE first.tenant_id = mine.tenant_id ORDER BY webhook_id LIMIT 1) AS secret
        FROM sys_webhooks mine WHERE webhook_id = %(id)s
    """


def _parts(settings: Settings) -> Parts:
    parts = default_parts(settings)
    return replace(parts, reader=FirstSecret(parts.database))


if __name__ == "__main__":
    run(_parts)
