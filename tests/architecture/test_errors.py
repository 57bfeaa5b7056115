"""The error tree is the one in the manual: the class fixes what a caller sees, in the shell and over HTTP."""

from probative.kernel import errors
from probative.kernel.outcome import Outcome

TREE = {
    "UsageError": (2, 422),
    "NotFoundError": (3, 404),
    "ConflictError": (4, 409),
    "DeniedError": (5, 403),
    "UnavailableError": (6, 503),
    "TamperError": (7, 500),
}


def test_every_error_has_its_statuses():
    """Each class of error has one exit status and one HTTP status, and there are no others."""
    found = {c.__name__: (c.exit_status, c.http_status) for c in errors.ProbativeError.__subclasses__()}
    assert found == TREE


def test_a_bug_of_ours_is_never_a_closed_gate():
    """What is not in the tree ends with 70: status 1 is an answer."""
    assert (errors.ProbativeError.exit_status, errors.ProbativeError.http_status) == (70, 500)


def test_answers_are_not_errors():
    """No and "cannot tell" have statuses of their own."""
    found = {outcome.value: outcome.exit_status for outcome in Outcome if outcome.exit_status}
    assert found == {"fail": 1, "not-assessable": 8}
