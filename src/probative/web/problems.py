"""Errors as answers: a page for people, `application/problem+json` (RFC 9457) for programs.

**Promise**: the status is the one of the error table; code, sentence and hint are shown; a bug of ours shows
nothing about itself to the browser and everything to the server's log.
**Not here**: the error tree (`kernel.errors`).
"""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from probative.kernel.errors import ProbativeError

_log = logging.getLogger("probative.web")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem detail (RFC 9457): `type` names the error code, `hint` the next step."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""


def problem_of(error: Exception) -> Problem:
    """Return what may be said about `error`."""
    if isinstance(error, ProbativeError):
        status, code, detail, hint = error.http_status, error.code, str(error), error.hint
    elif isinstance(error, HTTPException):
        status, code, detail, hint = error.status_code, f"http.{error.status_code}", error.detail, ""
    else:
        status, code, hint = 500, "bug", "Please report it with the server's log."
        detail = "This is a bug of ours; nothing was changed."
    title = HTTPStatus(status).phrase
    return Problem(type=f"urn:probative:error:{code}", title=title, status=status, detail=detail, hint=hint)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Turn `error` into a page, or into problem JSON below `/api`."""
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    if request.url.path.startswith("/api"):
        return Response(problem, status_code=problem.status, media_type="application/problem+json")
    return Template("problem.html", context={"problem": problem}, status_code=problem.status)
