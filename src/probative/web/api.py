"""The API: the same views as the pages show, as JSON.

**Promise**: GET only; `/api/openapi` describes every call and every field.
**Not here**: other formats, and anything that writes.
"""

from litestar import Router, get
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery

from probative.web.asking import AsOf, moment_of
from probative.web.views.entries import PAGE_FACTS, Entry, Page, entry_of, page_of
from probative.web.views.incidents import Brief, IncidentView, incident_of, incidents_of
from probative.web.views.inquiries import Inquiry, inquiries_of
from probative.web.views.monitors import Monitor, monitor_of, monitors_of
from probative.web.views.overview import Overview, overview_of
from probative.web.views.releases import Release, release_of
from probative.web.views.systems import Row, System, rows_of, system_of


@get("/overview", sync_to_thread=True, tags=["overview"])
def get_overview(state: State, as_of: AsOf = None) -> Overview:
    """Return every system, and what needs somebody."""
    return overview_of(moment_of(state, as_of), state.workspace.config.origin)


@get("/systems", sync_to_thread=True, tags=["record"])
def list_systems(state: State, as_of: AsOf = None) -> tuple[Row, ...]:
    """Return every registered system with tier, gate, monitors and incidents."""
    return rows_of(moment_of(state, as_of))


@get("/systems/{system:str}", sync_to_thread=True, tags=["record"])
def get_system(state: State, system: FromPath[str], as_of: AsOf = None) -> System:
    """Return one system with its inventory, tier, releases, assets and documents."""
    return system_of(moment_of(state, as_of), system)


@get("/systems/{system:str}/releases/{release:str}", sync_to_thread=True, tags=["gate"])
def get_release(state: State, system: FromPath[str], release: FromPath[str], as_of: AsOf = None) -> Release:
    """Return one release with its latest verdict, and what the gate would say now."""
    return release_of(moment_of(state, as_of), state.workspace.gatekeeper, system, release)


@get("/systems/{system:str}/monitors", sync_to_thread=True, tags=["watch"])
def list_monitors(state: State, system: FromPath[str], as_of: AsOf = None) -> tuple[Monitor, ...]:
    """Return a system's monitors with their series and signals."""
    return monitors_of(moment_of(state, as_of), system)


@get("/systems/{system:str}/monitors/{monitor:str}", sync_to_thread=True, tags=["watch"])
def get_monitor(state: State, system: FromPath[str], monitor: FromPath[str], as_of: AsOf = None) -> Monitor:
    """Return one monitor with its series and signals."""
    return monitor_of(moment_of(state, as_of), system, monitor)


@get("/incidents", sync_to_thread=True, tags=["respond"])
def list_incidents(state: State, as_of: AsOf = None) -> tuple[Brief, ...]:
    """Return every incident, open ones first."""
    return incidents_of(moment_of(state, as_of))


@get("/incidents/{incident:str}", sync_to_thread=True, tags=["respond"])
def get_incident(state: State, incident: FromPath[str], as_of: AsOf = None) -> IncidentView:
    """Return one incident with clocks and timeline. Clocks are paraphrased rules, not legal advice."""
    return incident_of(moment_of(state, as_of), incident)


@get("/inquiries", sync_to_thread=True, tags=["respond"])
def list_inquiries(state: State, as_of: AsOf = None) -> tuple[Inquiry, ...]:
    """Return every inquiry of an authority, those not yet answered first."""
    return inquiries_of(moment_of(state, as_of))


@get("/facts", sync_to_thread=True, tags=["record"])
def list_facts(
    state: State,
    kind: FromQuery[str | None] = None,
    subject: FromQuery[str | None] = None,
    before: FromQuery[int | None] = None,
    limit: FromQuery[int] = PAGE_FACTS,
    as_of: AsOf = None,
) -> Page:
    """Return facts, newest first; `older` of the answer is the next call's `before`."""
    return page_of(moment_of(state, as_of), kind, subject, before, limit)


@get("/facts/{fact:str}", sync_to_thread=True, tags=["record"])
def get_fact(state: State, fact: FromPath[str], as_of: AsOf = None) -> Entry:
    """Return one fact by index, id or a prefix of its id of at least eight characters."""
    return entry_of(moment_of(state, as_of), fact)


HANDLERS = [
    Router(
        path="/api",
        route_handlers=[
            get_overview,
            list_systems,
            get_system,
            get_release,
            list_monitors,
            get_monitor,
            list_incidents,
            get_incident,
            list_inquiries,
            list_facts,
            get_fact,
        ],
    )
]
