"""Faults of matching: who gets an event, and who must not."""

from dataclasses import replace

from faults.catalogue import fault, with_parts
from reference_dispatcher.app import Design
from reference_dispatcher.matching import SqlMatcher


@fault("MAT-01", "MAT-04", hop="delivered", stays_green=("EVT-02", "MAT-02"))
def tenant_filter_removed(design: Design) -> Design:
    """Webhooks are matched by type alone, so that a tenant's events reach the others."""

    class AnyTenant(SqlMatcher):
        query = SqlMatcher.query.replace("tenant_id = %(tenant)s AND", "")

    return with_parts(design, lambda parts: replace(parts, matcher=AnyTenant(parts.database)))
