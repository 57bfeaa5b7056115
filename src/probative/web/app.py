"""The web application: routes, safety and errors joined into one ASGI app.

**Promise**: only GET; blocking reads run in a bounded pool of threads; the OpenAPI document names every call.
**Not here**: listening (`serving`), and what pages and calls answer (`pages`, `api`).
"""

from collections.abc import Iterable

import anyio.to_thread
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader, State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp

from probative import __version__
from probative.web import api, pages
from probative.web.problems import answer
from probative.web.rendering import STATIC, environment
from probative.web.safety import LOCAL_NAMES, guarded
from probative.workspace import Workspace

THREADS_MAX = 8
ASSET_AGE_S_MAX = 365 * 24 * 3600


def build_app(workspace: Workspace, hosts: Iterable[str] = ()) -> ASGIApp:
    """Return the ASGI application over `workspace`, guarded from the outside in.

    It answers to this machine's own names and to `hosts`; requests that name another host are refused.
    """
    return guarded(LOCAL_NAMES | frozenset(host.lower() for host in hosts))(build_routes(workspace))


def build_routes(workspace: Workspace) -> Litestar:
    """Return the application without its guard: routes, templates, errors and the OpenAPI document."""
    static = create_static_files_router(
        path="/static",
        directories=[STATIC],
        # Addresses carry a digest of the file (see `rendering.asset`), so they never change their meaning.
        cache_control=CacheControlHeader(max_age=ASSET_AGE_S_MAX, public=True, immutable=True),
    )
    return Litestar(
        route_handlers=[*pages.HANDLERS, *api.HANDLERS, static],
        state=State({"workspace": workspace}),
        on_startup=[_bound_threads],
        # Who serves decides where logs go; the framework's default would take over the root logger.
        logging_config=None,
        exception_handlers={Exception: answer},
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment())),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1024),
        openapi_config=OpenAPIConfig(
            title="Probative",
            version=__version__,
            description="What the record says, read-only. Errors are problem details (RFC 9457).",
            path="/api/openapi",
            render_plugins=[JsonRenderPlugin(path="/")],
            use_handler_docstrings=True,
        ),
    )


async def _bound_threads() -> None:
    """Bound the threads that blocking handlers run in; the default of 40 would queue on the disk anyway."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS_MAX
