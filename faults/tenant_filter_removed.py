"""Webhooks are matched by type alone, so that a tenant's events reach the others."""

from dataclasses import replace

from reference_dispatcher.app import run
from reference_dispatcher.matching import SqlMatcher
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings

MUST_BREAK, HOP = ("MAT-01", "MAT-04"), "delivered"


class AnyTenant(SqlMatcher):
    """Forgets the tenant."""

    query = SqlMatcher.query.replace("tenant_id = %(tenant)s AND", "")


def _parts(settings: Settings) -> Parts:
    parts = default_parts(settings)
    return replace(parts, matcher=AnyTenant(parts.database))


if __name__ == "__main__":
    run(_parts)
