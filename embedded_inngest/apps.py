"""Apps and functions as they are kept once registered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from embedded_inngest.journal import NO_JOURNAL, Journal

DEFAULT_RETRIES = 4


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event name, or a pattern of names, and the condition under which it counts."""

    event: str
    expression: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A registered function; `config` is what the server shows of it."""

    id: str
    app_id: str
    slug: str
    name: str
    url: str
    triggers: tuple[Trigger, ...]
    retries: int | None
    config: dict[str, Any]
    created_at: float

    @property
    def max_attempts(self) -> int:
        return (DEFAULT_RETRIES if self.retries is None else self.retries) + 1

    @property
    def version(self) -> int:
        number: int = self.config["fv"]
        return number


@dataclass(slots=True, kw_only=True)
class App:
    """An app, or the place kept for one whose URL is known but which has not registered yet (it has no name)."""

    id: str
    url: str
    name: str = ""
    sdk_language: str = ""
    sdk_version: str = ""
    framework: str | None = None
    app_version: str = ""
    checksum: str | None = None
    error: str | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    archived: bool = False


class Apps:
    """Every known app and its functions; one that was deleted is only found by who knows it: its runs name it."""

    def __init__(self, journal: Journal = NO_JOURNAL, *, by_slug: bool = True) -> None:
        self._journal = journal
        self._place: Callable[[Function], Any] = attrgetter("slug" if by_slug else "created_at")
        self._apps: dict[str, App] = {}
        self._registered: dict[str, Function] = {}
        self._invocable: dict[str, Function] = {}

    def __iter__(self) -> Iterator[App]:
        return iter([app for app in self._apps.values() if not app.archived])

    def all(self) -> list[App]:
        """Return every app, those that were deleted too."""
        return list(self._apps.values())

    def add(self, app: App) -> None:
        """Keep an app, and with it its functions."""
        self._apps[app.id] = app
        self.changed()

    def archive(self, app: App) -> None:
        """Delete an app and with it its functions."""
        app.archived = True
        self.changed()

    def remove(self, app: App) -> None:
        """Forget a place that was kept for an app."""
        self._apps.pop(app.id, None)
        self.changed()

    def by_id(self, app_id: str) -> App | None:
        """Find an app by its UUID."""
        app = self._apps.get(app_id)
        return None if app is None or app.archived else app

    def ever(self, app_id: str) -> App | None:
        """Find an app by its UUID, though it may have been deleted."""
        return self._apps.get(app_id)

    def ever_of_slug(self, slug: str) -> Function | None:
        """Find a function by its slug, though its app may have been deleted."""
        found = self.invocable(slug)
        return found or next((app.functions[slug] for app in self.all() if slug in app.functions), None)

    def by_name(self, name: str) -> App | None:
        """Find an app by the id its SDK gave."""
        return next((app for app in self if app.name == name), None)

    def by_url(self, url: str) -> list[App]:
        """Find every app known under a URL, kept places included."""
        return [app for app in self if app.url == url]

    def set_functions(self, app: App, functions: list[Function]) -> None:
        """Make these the functions of an app; others it had are gone."""
        app.functions = {function.slug: function for function in functions}
        self.changed()

    def changed(self) -> None:
        """Take note that an app is not what it was."""
        self._journal.apps()
        self._registered = {one.id: one for app in self for one in app.functions.values()}
        self._invocable = {}
        for one in self._registered.values():
            self._invocable.setdefault(one.slug, one)
            self._invocable.setdefault(one.id, one)

    def functions(self) -> list[Function]:
        """Return the functions of all apps, in the order in which the server lists them."""
        return sorted((function for app in self for function in app.functions.values()), key=self._place)

    def functions_of(self, app: App) -> list[Function]:
        """Return the functions of an app, in that order."""
        return sorted(app.functions.values(), key=self._place)

    def registered(self, function_id: str) -> Function | None:
        """Find a function by UUID as it was registered last, unless it no longer is."""
        return self._registered.get(function_id)

    def invocable(self, reference: str) -> Function | None:
        """Find a registered function by slug or UUID, as an invocation names it."""
        return self._invocable.get(reference)
