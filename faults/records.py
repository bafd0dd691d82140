"""Faults of recording: rows that are missing, too many, or say something else than what happened."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import inngest
from fastapi import FastAPI

from faults.catalogue import fault, with_parts
from faults.changes import with_attempter, with_functions, with_outcome
from reference_dispatcher.app import Design
from reference_dispatcher.attempt import Attempter
from reference_dispatcher.functions import Dispatch
from reference_dispatcher.parts import Parts
from reference_dispatcher.retry import RetryPlan
from reference_dispatcher.store import Database, SqlRecorder
from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent

Json = dict[str, Any]


def with_statement(design: Design, statement: str) -> Design:
    """Return the design that runs a statement of its own after each record.

    The statement may name `webhook_id`, `event_id`, `number` and `status`.
    """

    def change(parts: Parts) -> Parts:
        class Recorder(SqlRecorder):
            async def record(self, delivery: Delivery, outcome: Outcome) -> None:
                await super().record(delivery, outcome)
                named = {"webhook_id": delivery.webhook_id, "event_id": delivery.event_id}
                told = named | {"number": outcome.number, "status": outcome.status}
                async with self._database.connection() as connection:
                    await connection.execute(statement, told)

        return replace(parts, recorder=Recorder(parts.database))

    return with_parts(design, change)


def with_listed(design: Design, change: str) -> Design:
    """Return the design whose API lists other deliveries: `change` takes the place of the condition on the tenant."""

    class Listing(Database):
        async def rows(self, query: Any, params: Any) -> Sequence[Any]:
            other = query.replace("w.tenant_id = %(tenant)s", change) if isinstance(query, str) else query
            return await super().rows(other, params)

    def routes(app: FastAPI, client: inngest.Inngest, database: Database) -> None:
        listing = Listing.__new__(Listing)
        vars(listing).update(vars(database))
        design.routes(app, client, listing)

    return replace(design, routes=routes)


@fault("REC-01", "REC-03", hop="recorded", stays_green=("RET-04", "REC-06"))
def retries_not_recorded(design: Design) -> Design:
    """Only the last attempt of a delivery leaves a row."""

    class LastOnly(SqlRecorder):
        async def record(self, delivery: Delivery, outcome: Outcome) -> None:
            if outcome.status != "retrying":
                await super().record(delivery, outcome)

    return with_parts(design, lambda parts: replace(parts, recorder=LastOnly(parts.database)))


@fault("REC-01", "REC-03", hop="recorded", stays_green=("RET-04", "REC-06"))
def attempts_share_one_row(design: Design) -> Design:
    """Each attempt is recorded as the first, and writes over the one before."""
    return with_outcome(design, lambda outcome: replace(outcome, number=1))


@fault("REC-01", hop="recorded", stays_green=("RET-04", "REC-06"))
def attempts_counted_from_zero(design: Design) -> Design:
    """The attempts in the rows begin with the second number."""
    return with_outcome(design, lambda outcome: replace(outcome, number=outcome.number + 1))


@fault("REC-01", hop="recorded", stays_green=("RET-04", "REC-06"))
def attempts_recorded_twice(design: Design) -> Design:
    """Each row is there a second time, under a number that no attempt has."""
    copied = """
        INSERT INTO sys_webhook_deliveries (webhook_id, event_id, event_type, status, status_code, attempt_number)
        SELECT webhook_id, event_id, event_type, status, status_code, attempt_number + 100
        FROM sys_webhook_deliveries
        WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s AND attempt_number = %(number)s
        ON CONFLICT DO NOTHING
    """
    return with_statement(design, copied)


@fault("REC-02", hop="recorded", stays_green=("REC-01", "RET-04"))
def failures_recorded_as_success(design: Design) -> Design:
    """A delivery that was tried in vain is recorded as made."""
    return with_outcome(
        design, lambda outcome: replace(outcome, status="success") if outcome.status == "failed" else outcome
    )


@fault("REC-02", hop="recorded", stays_green=("REC-01", "REC-03"))
def zero_for_no_code(design: Design) -> Design:
    """Where no answer came, the row has the code 0."""
    return with_outcome(design, lambda outcome: replace(outcome, status_code=outcome.status_code or 0))


@fault("REC-02", hop="recorded", stays_green=("REC-01", "REC-03"))
def no_reason_told(design: Design) -> Design:
    """A row without a code does not say why."""
    return with_outcome(design, lambda outcome: replace(outcome, error_message=None))


@fault("REC-02", hop="recorded", stays_green=("REC-01", "REC-03"))
def error_500_for_all(design: Design) -> Design:
    """Whatever the receiver answered, a failure is recorded with the code 500."""
    return with_outcome(
        design, lambda outcome: outcome if outcome.status == "success" else replace(outcome, status_code=500)
    )


@fault("REC-03", hop="recorded", stays_green=("REC-01", "RET-04"))
def last_attempt_left_retrying(design: Design) -> Design:
    """The last attempt is recorded like those before it, and the delivery looks as if it went on."""
    return with_outcome(
        design, lambda outcome: replace(outcome, status="retrying") if outcome.status == "failed" else outcome
    )


@fault("REC-03", hop="recorded", stays_green=("REC-01", "RET-04"))
def every_failure_is_final(design: Design) -> Design:
    """An attempt that will be tried again is recorded as failed for good."""
    return with_outcome(
        design, lambda outcome: replace(outcome, status="failed") if outcome.status == "retrying" else outcome
    )


@fault("REC-04", hop="recorded", stays_green=("REC-01", "REC-03"))
def type_of_the_webhook_in_the_row(design: Design) -> Design:
    """The row names what the webhook asked for, `*`, and not the event."""
    asked = "(SELECT event_type FROM sys_webhooks WHERE webhook_id = %(webhook_id)s)"
    return with_statement(
        design,
        f"UPDATE sys_webhook_deliveries SET event_type = {asked}"  # noqa: S608 - a literal
        " WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s",
    )


@fault("REC-04", hop="recorded", stays_green=("REC-01", "REC-03"))
def answer_cut_by_bytes(design: Design) -> Design:
    """The answer's first 1000 bytes are kept, and not characters."""

    class Cutting(Attempter):
        def judge(self, plan: RetryPlan, number: int, answer: Answer) -> Outcome:
            return super().judge(plan, number, replace(answer, body=answer.body[:1000]))

    return with_attempter(design, Cutting)


@fault("REC-04", hop="recorded", stays_green=("REC-01", "REC-03"))
def answer_as_python_writes_it(design: Design) -> Design:
    """The answer is recorded as Python shows bytes, quoted and escaped."""

    class Showing(Attempter):
        def judge(self, plan: RetryPlan, number: int, answer: Answer) -> Outcome:
            outcome = super().judge(plan, number, answer)
            return replace(outcome, response_body=repr(answer.body)[:1000])

    return with_attempter(design, Showing)


@fault("REC-04", hop="recorded", stays_green=("REC-01", "REC-03"))
def time_of_long_ago(design: Design) -> Design:
    """The time of a delivery is wrong by the hours of a time zone."""
    return with_outcome(
        design, lambda outcome: replace(outcome, finished_at=outcome.finished_at.replace("+00:00", "+05:00"))
    )


@fault("REC-05", hop="recorded", stays_green=("REC-01", "REC-03"))
def webhook_never_updated(design: Design) -> Design:
    """The delivery status of the webhook stays as it was at first."""
    cleared = "last_status = NULL, last_status_code = NULL, last_event_id = NULL, last_delivery_at = NULL"
    return with_statement(
        design,
        f"UPDATE sys_webhooks SET {cleared}, success_count = 0, failure_count = 0"  # noqa: S608 - a literal
        " WHERE webhook_id = %(webhook_id)s",
    )


@fault("REC-05", hop="recorded", stays_green=("REC-01", "REC-03"))
def successes_alone_shown(design: Design) -> Design:
    """The webhook shows its last success, though a failure is newer."""
    return with_statement(
        design,
        "UPDATE sys_webhooks SET last_status = 'success', last_status_code = 200 WHERE webhook_id = %(webhook_id)s",
    )


@fault("REC-05", hop="recorded", stays_green=("REC-01", "REC-03"))
def counts_of_last_writer(design: Design) -> Design:
    """The counts are read, added to and written back, so that of two deliveries at once one is lost."""
    return with_statement(
        design,
        """
        UPDATE sys_webhooks SET success_count = read.success_count, failure_count = read.failure_count
        FROM (SELECT success_count, failure_count, pg_sleep(0.05)
              FROM sys_webhooks WHERE webhook_id = %(webhook_id)s) read
        WHERE webhook_id = %(webhook_id)s
        """,
    )


@fault("REC-05", hop="recorded", stays_green=("REC-01", "REC-03"))
def first_attempts_alone_counted(design: Design) -> Design:
    """What becomes of a retry is not counted."""
    return with_statement(
        design,
        """
        UPDATE sys_webhooks SET success_count = success_count - 1
        WHERE webhook_id = %(webhook_id)s AND %(number)s > 1 AND %(status)s = 'success'
        """,
    )


@fault("REC-06", hop="recorded", stays_green=("REC-01", "REC-03"))
def always_all_successful(design: Design) -> Design:
    """The run's output counts every webhook as a success."""

    class Boasting(Dispatch):
        def summary(self, event: PublishedEvent, statuses: Sequence[str], *, message: str) -> Json:
            return super().summary(event, ["success"] * len(statuses), message=message)

    return with_functions(design, Boasting)


@fault("REC-06", hop="recorded", stays_green=("REC-01", "REC-03"))
def run_fails_after_all_deliveries(design: Design) -> Design:
    """The run ends in an error, without any counts, when one of its deliveries was in vain."""

    class Failing(Dispatch):
        def summary(self, event: PublishedEvent, statuses: Sequence[str], *, message: str) -> Json:
            if "failed" in statuses:
                raise inngest.NonRetriableError("not all webhooks have taken the event")
            return super().summary(event, statuses, message=message)

    return with_functions(design, Failing)


@fault("REC-07", hop="recorded", stays_green=("REC-01", "REC-03"))
def deliveries_of_every_tenant_listed(design: Design) -> Design:
    """The API lists the deliveries of all tenants to whoever asks."""
    return with_listed(design, "%(tenant)s::text IS NOT NULL")


@fault("REC-07", hop="recorded", stays_green=("REC-01", "REC-03"))
def deliveries_of_an_event_listed_to_all(design: Design) -> Design:
    """Whoever asks for one event gets its deliveries, also those of another tenant."""
    return with_listed(design, "(w.tenant_id = %(tenant)s OR %(event_id)s::text IS NOT NULL)")


@fault("REC-07", hop="recorded", stays_green=("REC-01", "REC-03"))
def no_deliveries_listed(design: Design) -> Design:
    """The API lists what it was built with as an example, which is nothing."""
    return with_listed(design, "w.tenant_id = %(tenant)s AND false")


@fault("REC-07", hop="recorded", stays_green=("REC-01", "REC-03"))
def filters_ignored(design: Design) -> Design:
    """The API lists the deliveries of the tenant whatever they are filtered by."""
    return with_listed(design, "w.tenant_id = %(tenant)s OR w.tenant_id = %(tenant)s")


@fault("REC-08", hop="recorded", stays_green=("EVT-02", "REC-01"))
def rows_of_one_event_lost(design: Design) -> Design:
    """The rows of one kind of event, which no test looks at, are deleted again."""
    return with_statement(
        design,
        "DELETE FROM sys_webhook_deliveries"
        " WHERE webhook_id = %(webhook_id)s AND event_id = %(event_id)s AND event_type = 'policy/renewed'",
    )
