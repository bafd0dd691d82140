"""The releases of the real server that are imitated: what one does otherwise than the other, fact by fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The facts in which releases differ; code asks for these, never for a version.

    Attributes:
        imitated: The release, as it calls itself.
        signed_mode: There is the command `start`.
        persists: `dev` can keep over a restart what it knows.
        user_agent: What it calls itself when it calls an app.
        one_span: All calls of a run name one span, and those of a run that no publisher or step set off name none.
        names_jobs: Headers and context of a call say which run, job and attempt it is for, and how many there may be.
        pings_with_body: An app that is asked to register is told the URL under which it is asked.
        apps_by_name: An app is the same under another URL; else each URL is an app of its own.
        tells_sync: Whoever registers is told what came of it; else all is well, even if a function is invalid.
        counts_versions: A function has a version, which each registration counts up.
        claims_from_start: An event id starts a function again a day after it did, else a day after that run's end.
        lists_by_slug: Functions are listed by slug, else in the order in which they came.
        texts_timeouts: `timeouts` are texts, else nanoseconds, and one text refuses the whole registration.
        newer_options: Functions may have `singleton`, jitter and no trigger, and URLs lose their default ports.
        plain_cancels: Conditions of `cancelOn` may do no more than compare.
        cancels_by_id: An event ends runs whose ids are older; else those whose own event came before its time.
        eager_timeouts: A timeout ends a run when it comes up; else before its next call, and so does that of the start.
        times_crons: The event of a cron trigger says when it was due.
        most_retries: What a function may ask for at most.
        wildcards: Triggers may end in a star.
        event_fields: The fields of an event in the order in which it is written.
        event_type: What complaints about an event's fields call it.
        reads_forms: An event may be posted as a form.
        keeps_last: Of too many events at once the last that is not too many is taken, too.
        seeds_ids: Publishers may determine the ids of events.
        reserves_any_case: `Inngest/` is as reserved as `inngest/`.
        coalesces: Steps that run at once are awaited all together, else each asks for itself what comes next.
        marks_failures: A step that has failed for good is shown as a step.
        bounds_waits: No sleep and no wait may last longer than a year.
        dates_timeouts: A wait may end at a date, else after a duration only.
        ends_early: Operations exist that end a step or a run for good.
        wants_sdk: What does not name an SDK is no answer.
        plain_errors: Texts and errors of requests are shown as they are; REST, which writes JSON, then says nothing.
        repeats_in_vain: Operations that can't be acted upon are asked for again; else the run hangs at once.
        forbids_retry_after: A result that says when to try again is an error.
        largest_answer: Bytes that are read of an answer.
        tells_status: What tells of a run's end has its status, and of a cancelled run there is an event of its own.
        tells_trace: An invoked function is told the trace of whoever invoked it.
        newer_routes: There are checkpoints, signals, `/v2` and more; else the user interface answers for them.
        json_health: `/health` says that it answers with JSON.
        shows_modes: `/dev` shows modes and features, and all options.
        shows_environment: Events, and runs that are read by themselves, are said to be in an environment.
        shows_archive: A function is shown with its environment, and when it was archived.
        lists_previews: Lists of runs are of the preview, which has no outputs, unless told otherwise.
        lists_all: Lists of events have those of the server itself, too, and that of GraphQL has no end.
        schema: The file of the GraphQL schema.
        run_list_cached: Seconds for which the list of an event's runs is given again.
        shows_success: The trace of a run has a line for the success of its last call.
        names_events: A run is shown with the name of its event.
        counts_runs: An event is shown with the number of its runs and what became of them.
        conditional_batches: An event that does not meet a batch's condition starts a run of its own.
        debounce_capped_at_first: The first event of a debounce already waits no longer than its timeout.
        redirects: How many an app may answer with, one after the other.
        redirects_keep_method: A call that is sent elsewhere stays a POST whatever the status.
        throttle_adds_burst: A burst is a number of runs more, else it is how often the limit fits in at once.
        limits_runs: `concurrency` may bound runs (`fn`), else such limits are none at all.
        held_early: Seconds before it is due that a sleep or a wait already holds its place under a concurrency limit.
        room_kept: Seconds for which an attempt that is repeated still has its place, which others may have by then.
        start_kept: Seconds for which the beginning of a run is repeated without counting for a throttle again.
    """

    imitated: str
    signed_mode: bool = True
    persists: bool = True
    user_agent: str = "Inngest"
    one_span: bool = False
    names_jobs: bool = True
    pings_with_body: bool = True
    apps_by_name: bool = True
    tells_sync: bool = True
    counts_versions: bool = True
    claims_from_start: bool = True
    lists_by_slug: bool = True
    texts_timeouts: bool = True
    newer_options: bool = True
    plain_cancels: bool = True
    cancels_by_id: bool = True
    eager_timeouts: bool = True
    times_crons: bool = True
    most_retries: int = 20
    wildcards: bool = True
    event_fields: tuple[str, ...] = ("id", "name", "data", "ts", "v", "user")
    event_type: str = "raw"
    reads_forms: bool = True
    keeps_last: bool = True
    seeds_ids: bool = True
    reserves_any_case: bool = True
    coalesces: bool = True
    marks_failures: bool = False
    bounds_waits: bool = True
    dates_timeouts: bool = True
    ends_early: bool = True
    wants_sdk: bool = True
    plain_errors: bool = False
    repeats_in_vain: bool = True
    forbids_retry_after: bool = True
    largest_answer: int = 8 * _MIB
    tells_status: bool = True
    tells_trace: bool = True
    newer_routes: bool = True
    json_health: bool = True
    shows_modes: bool = True
    shows_environment: bool = True
    shows_archive: bool = True
    lists_previews: bool = True
    lists_all: bool = False
    schema: str = "schema.graphql"
    run_list_cached: int = 15
    shows_success: bool = True
    names_events: bool = True
    counts_runs: bool = True
    conditional_batches: bool = True
    debounce_capped_at_first: bool = True
    redirects: int = 60
    redirects_keep_method: bool = False
    throttle_adds_burst: bool = True
    limits_runs: bool = True
    held_early: float = 2.0
    room_kept: float = 5.0
    start_kept: float = 300.0

    @property
    def version(self) -> str:
        """What is told to whoever asks, so that no log can be mistaken for one of the real server."""
        return f"{self.imitated}-embedded"


V1_43 = Release(imitated="1.43.0")
V0_29 = Release(
    imitated="0.29.9",
    signed_mode=False,
    persists=False,
    user_agent="Go-http-client/1.1",
    one_span=True,
    names_jobs=False,
    pings_with_body=False,
    apps_by_name=False,
    tells_sync=False,
    counts_versions=False,
    claims_from_start=False,
    lists_by_slug=False,
    texts_timeouts=False,
    newer_options=False,
    plain_cancels=False,
    cancels_by_id=False,
    eager_timeouts=False,
    times_crons=False,
    most_retries=30,
    wildcards=False,
    event_fields=("name", "data", "user", "id", "ts", "v"),
    event_type="Event",
    reads_forms=False,
    keeps_last=False,
    seeds_ids=False,
    reserves_any_case=False,
    coalesces=False,
    marks_failures=True,
    bounds_waits=False,
    dates_timeouts=False,
    ends_early=False,
    wants_sdk=False,
    plain_errors=True,
    repeats_in_vain=False,
    forbids_retry_after=False,
    largest_answer=4 * _MIB,
    tells_status=False,
    tells_trace=False,
    newer_routes=False,
    json_health=False,
    shows_modes=False,
    shows_environment=False,
    shows_archive=False,
    lists_previews=False,
    lists_all=True,
    schema="schema_0_29.graphql",
    run_list_cached=5,
    shows_success=False,
    names_events=False,
    counts_runs=False,
    conditional_batches=False,
    debounce_capped_at_first=False,
    redirects=10,
    redirects_keep_method=True,
    throttle_adds_burst=False,
    limits_runs=False,
    held_early=0.0,
    room_kept=0.0,
    start_kept=0.0,
)

RELEASES: Mapping[str, Release] = MappingProxyType({"1.43": V1_43, "0.29": V0_29})
"""Each release by the name under which it is asked for."""
