"""What a request asks for: the moment of the record, and the template that shows it.

**Promise**: every page knows which ledger size it shows, and says so when that is the past.
**Not here**: routes (`pages`, `api`).
"""

from typing import Annotated, Any

from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Template

from probative.web.views.moment import Moment

AsOf = Annotated[
    int | None,
    QueryParameter(name="as_of", ge=1, description="Show the record as it was at this ledger size."),
]


def moment_of(state: State, as_of: int | None) -> Moment:
    """Return the record at ledger size `as_of`, or as it is now."""
    return Moment(state.workspace.recorder, as_of)


def show(template: str, moment: Moment, state: State, **values: Any) -> Template:
    """Return a page made of `template` at `moment`."""
    context = {
        "moment": moment,
        "now": moment.now,
        "as_of": moment.size if moment.is_past else None,
        "origin": state.workspace.config.origin,
        **values,
    }
    return Template(template, context=context)
