"""The guard: what a production service asks before it answers for a system.

**Promise**: a stop is obeyed by the next request; where the flag cannot be read the service does what it
chose beforehand, refuse (the default) or go on and count.
**Not here**: recording decisions (`client.decisions`) and changing flags (`probative respond`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from probative.client.flags import FlagFileProvider
from probative.kernel.errors import UsageError
from probative.respond.contain.switch import flag_of

_UNREAD = ""


class Leave(NamedTuple):
    """Whether the service may answer, with which release, and why.

    `reason` is `on`, `fallback`, `off`, `disabled`, or `unreadable: ...`. `release` is what the flag names
    for the variant; empty when nothing may be served or the flag names none.
    """

    serve: bool
    release: str
    reason: str


class Guard:
    """Asks the kill switch of one system, through OpenFeature.

    >>> import tempfile
    >>> from probative.respond.contain.switch import armed, switched
    >>> path = Path(tempfile.mkdtemp()) / "flags.json"
    >>> _ = path.write_bytes(armed(b"", "loans.serve", "loans@2", "loans@1"))
    >>> guard = Guard("loans", path)
    >>> guard.ask()
    Leave(serve=True, release='loans@2', reason='on')
    >>> _ = path.write_bytes(switched(path.read_bytes(), "loans.serve", "off"))
    >>> guard.ask()
    Leave(serve=False, release='', reason='off')
    """

    def __init__(
        self,
        system: str,
        flags: Path | OpenFeatureClient,
        *,
        on_unreadable: Literal["refuse", "serve"] = "refuse",
    ) -> None:
        """Guard `system` by a flagd file, or by an OpenFeature client that the service has already.

        `on_unreadable` is what happens when the flag gives no answer; `unreadable` counts how often it did.
        """
        if on_unreadable not in ("refuse", "serve"):
            raise UsageError(
                "guard.policy",
                f"'{on_unreadable}' is no policy for unreadable flags.",
                "Say refuse or serve.",
            )
        self._flag = flag_of(system)
        self._client = flags if isinstance(flags, OpenFeatureClient) else _client_of(flags)
        self._serve_unread = on_unreadable == "serve"
        self.unreadable = 0

    def ask(self, context: Mapping[str, str] | None = None) -> Leave:
        """Ask whether to answer now; `context` are attributes for targeting rules. Never raises."""
        told = EvaluationContext(attributes=dict(context)) if context else None
        found = self._client.get_string_details(self._flag, _UNREAD, told)
        if found.variant in ("on", "fallback"):
            return Leave(True, str(found.value), found.variant)
        if found.variant == "off":
            return Leave(False, "", "off")
        if str(found.reason) == "DISABLED":
            # flagd hands back the caller's default here; whoever disabled the flag meant to stop.
            return Leave(False, "", "disabled")
        self.unreadable += 1
        why = found.error_message or f"variant '{found.variant}'"
        return Leave(self._serve_unread, "", f"unreadable: {why}")


def _client_of(path: Path) -> OpenFeatureClient:
    """Return an OpenFeature client of its own for the file, beside any provider the service has set."""
    domain = f"probative:{path.resolve()}"
    api.set_provider_and_wait(FlagFileProvider(path), domain)
    return api.get_client(domain)
