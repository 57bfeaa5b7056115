"""The pages: one handler each, that reads a view and names its template.

**Promise**: GET only; nothing here writes a fact.
**Not here**: what a page shows (`views`), how it looks (`templates`, `static`).
"""

from litestar import Response, get
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from probative.record.facts import kinds
from probative.web.asking import AsOf, moment_of, show
from probative.web.views.entries import entry_of, fact_of, page_of
from probative.web.views.incidents import incident_of, incidents_of
from probative.web.views.inquiries import inquiries_of
from probative.web.views.monitors import monitor_of, monitors_of
from probative.web.views.overview import overview_of
from probative.web.views.releases import release_of
from probative.web.views.systems import system_of

CHARTS_MAX = 3


@get("/", sync_to_thread=True, include_in_schema=False)
def overview(state: State, as_of: AsOf = None) -> Template:
    """Show every system and what needs somebody."""
    moment = moment_of(state, as_of)
    return show("overview.html", moment, state, view=overview_of(moment, state.workspace.config.origin))


@get("/systems/{system:str}", sync_to_thread=True, include_in_schema=False)
def system_page(state: State, system: FromPath[str], as_of: AsOf = None) -> Template:
    """Show one system: inventory, tier, releases, lineage."""
    moment = moment_of(state, as_of)
    return show("system.html", moment, state, view=system_of(moment, system))


@get("/systems/{system:str}/releases/{release:str}", sync_to_thread=True, include_in_schema=False)
def release_page(state: State, system: FromPath[str], release: FromPath[str], as_of: AsOf = None) -> Template:
    """Show one release's verdict, control by control."""
    moment = moment_of(state, as_of)
    view = release_of(moment, state.workspace.gatekeeper, system, release)
    return show("release.html", moment, state, view=view)


@get("/systems/{system:str}/monitors", sync_to_thread=True, include_in_schema=False)
def monitors_page(state: State, system: FromPath[str], as_of: AsOf = None) -> Template:
    """Show a system's monitors, each with its latest reading and signals."""
    moment = moment_of(state, as_of)
    return show("monitors.html", moment, state, system=system, view=monitors_of(moment, system))


@get("/systems/{system:str}/monitors/{monitor:str}", sync_to_thread=True, include_in_schema=False)
def monitor_page(
    state: State,
    system: FromPath[str],
    monitor: FromPath[str],
    series: FromQuery[str | None] = None,
    as_of: AsOf = None,
) -> Template:
    """Show one monitor: the chosen series, or the most serious ones, as charts, and all of them as a list."""
    moment = moment_of(state, as_of)
    view = monitor_of(moment, system, monitor)
    charted = (view.find(series),) if series else view.series[:CHARTS_MAX]
    return show("monitor.html", moment, state, view=view, charted=charted, chosen=series)


@get("/systems/{system:str}/monitors/{monitor:str}/chart", sync_to_thread=True, include_in_schema=False)
def chart(state: State, system: FromPath[str], monitor: FromPath[str], series: FromQuery[str]) -> Template:
    """Return one chart as a fragment: what the page's script puts in place of the one it shows."""
    moment = moment_of(state, None)
    view = monitor_of(moment, system, monitor)
    return show("fragment.html", moment, state, view=view, series=view.find(series))


@get("/incidents", sync_to_thread=True, include_in_schema=False)
def incidents_page(state: State, as_of: AsOf = None) -> Template:
    """Show every incident and every inquiry, open ones first."""
    moment = moment_of(state, as_of)
    return show("incidents.html", moment, state, view=incidents_of(moment), inquiries=inquiries_of(moment))


@get("/incidents/{incident:str}", sync_to_thread=True, include_in_schema=False)
def incident_page(state: State, incident: FromPath[str], as_of: AsOf = None) -> Template:
    """Show one incident: clocks, timeline, evidence, tasks."""
    moment = moment_of(state, as_of)
    return show("incident.html", moment, state, view=incident_of(moment, incident))


@get("/ledger", sync_to_thread=True, include_in_schema=False)
def ledger_page(
    state: State,
    kind: FromQuery[str | None] = None,
    subject: FromQuery[str | None] = None,
    before: FromQuery[int | None] = None,
    as_of: AsOf = None,
) -> Template:
    """Show facts, newest first, of one kind or about one subject where that is asked for."""
    moment = moment_of(state, as_of)
    view = page_of(moment, kind or None, subject or None, before)
    names = sorted({name for name, _ in kinds()})
    return show("ledger.html", moment, state, view=view, kinds=names)


@get("/ledger/{fact:str}", sync_to_thread=True, include_in_schema=False)
def entry_page(state: State, fact: FromPath[str], as_of: AsOf = None) -> Template:
    """Show one fact by index, id or prefix of its id."""
    moment = moment_of(state, as_of)
    return show("entry.html", moment, state, view=entry_of(moment, fact))


@get("/ledger/{fact:str}/envelope", sync_to_thread=True)
def envelope(state: State, fact: FromPath[str]) -> Response[bytes]:
    """Return the stored DSSE envelope of a fact, byte for byte: the bytes whose hash is in the tree."""
    moment = moment_of(state, None)
    index = fact_of(moment, fact).index
    return _download(moment.recorder.entry(index), "application/vnd.dsse+json", f"entry-{index}.json")


@get("/ledger/{fact:str}/proof", sync_to_thread=True)
def proof(state: State, fact: FromPath[str]) -> Response[bytes]:
    """Return a `c2sp.org/tlog-proof@v1`: that the fact is in the ledger, under a signed checkpoint."""
    moment = moment_of(state, None)
    index = fact_of(moment, fact).index
    return _download(moment.recorder.prove(index)[0], "text/plain", f"entry-{index}.tlog-proof")


@get("/checkpoint", sync_to_thread=True)
def checkpoint(state: State) -> Response[bytes]:
    """Return the signed C2SP checkpoint of the committed head; keep it, to notice a rewritten record."""
    return _download(state.workspace.recorder.checkpoint(), "text/plain", "checkpoint.txt")


def _download(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


HANDLERS = [
    overview,
    system_page,
    release_page,
    monitors_page,
    monitor_page,
    chart,
    incidents_page,
    incident_page,
    ledger_page,
    entry_page,
    envelope,
    proof,
    checkpoint,
]
