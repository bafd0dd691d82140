"""What no key of a target's file shows alone: keys that exclude, need or repeat each other."""

import ipaddress

from harness.targets import Headers, Kind, Signature
from harness.targets.document import Entry
from harness.targets.form import require

TOLD = {
    "kernel": ("PORT", "HOST", "INNGEST_BASE_URL", "INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY", "INNGEST_DEV"),
    "dispatcher": (
        "PORT",
        "HOST",
        "DATABASE_URL",
        "INNGEST_BASE_URL",
        "INNGEST_EVENT_KEY",
        "INNGEST_SIGNING_KEY",
        "INNGEST_DEV",
        "SERVE_ORIGIN",
        "INNGEST_SERVE_ORIGIN",
        "INNGEST_SERVE_HOST",
    ),
}
"""The variables that the suite itself tells the parts that it starts, and that nobody else may set."""


def require_consistency(root: Entry, kind: Kind) -> None:
    """Refuse a file whose keys contradict each other; each of them has been read before.

    Raises:
        UsageError: They do.
    """
    _require_one_migration(root)
    _require_a_kernel_or_none(root, kind)
    _require_a_host_to_call(root)
    _require_different_headers(root)
    for part in ("inngest", "dispatcher", "database"):
        _require_whole_control(root, part)
    for part in TOLD:
        _require_own_variables(root, part)


def _require_one_migration(root: Entry) -> None:
    schema, migrate = root.find("dispatcher", "schema"), root.find("dispatcher", "migrate")
    if schema and migrate:
        raise migrate.refusal(
            "one way to the tables: dispatcher.schema or dispatcher.migrate.",
            f"{migrate.name} beside {schema.name}",
            next_step="leave one of the two out, or both if the dispatcher makes its tables as it starts.",
        )


def _require_a_kernel_or_none(root: Entry, kind: Kind) -> None:
    kernel, absent = root.find("kernel"), root.find("absent", "kernel")
    if kernel and absent:
        raise kernel.refusal(
            "a kernel, or a reason why there is none.",
            f"[kernel] beside {absent.name}",
            next_step="leave one of the two out.",
        )
    if kind == "external" and not absent:
        require(root, ("kernel", "url"), 'a target of kind "external" without absent.kernel')
    for name in ("directory", "environment"):
        if root.find("kernel", name):
            require(root, ("kernel", "command"), f"kernel.{name}")


def _require_a_host_to_call(root: Entry) -> None:
    listen = root.find("receiver", "listen")
    if listen and _is_wildcard(listen.value):
        require(root, ("receiver", "host"), f"receiver.listen = {listen.value!r}, which nobody can call,")


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _require_different_headers(root: Entry) -> None:
    owners: dict[str, str] = {}
    for table, key, default in (
        ("signature", "header", Signature().header),
        ("headers", "event", Headers().event),
        ("headers", "delivery", Headers().delivery),
    ):
        entry, name = root.find(table, key), f"{table}.{key}"
        header = str(entry.value if entry else default)
        if (owner := owners.setdefault(header.lower(), name)) != name:
            raise (entry or root.find(*owner.split(".")) or root).refusal(
                "a header of its own for signature, event and delivery.",
                f"both {owner} and {name} are {header!r}",
                next_step="correct one of the two; those that are not named have the contract's name.",
            )


def _require_whole_control(root: Entry, part: str) -> None:
    if control := root.find("control", part):
        for verb in ("stop", "start"):
            require(root, ("control", part, verb), f"[{control.name}]")


def _require_own_variables(root: Entry, part: str) -> None:
    variables = root.find(part, "environment")
    for variable in variables.children() if variables else ():
        if variable.key in TOLD[part]:
            raise variable.refusal(
                "variables of your own.",
                f"{variable.name} is set by the suite",
                next_step="leave it out; docs/targets.md lists what the suite sets.",
            )
