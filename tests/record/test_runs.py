"""Runs: a start before, a finish after, joined by name; a failure is recorded as one."""

import sys
from pathlib import Path

import pytest

from probative.cli import call
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, SystemClock
from probative.kernel.errors import ConflictError, UsageError
from probative.record.facts import GroupMetric, RunFinished, RunStarted
from probative.record.runs import Plan, Results, finish_run, parse_results, start_run
from probative.testing import fresh_recorder, fresh_workspace

ACTOR = Actor(id="p-1", role="data-science")
MODEL, TEST_SET = "ab" * 32, "cd" * 32
PLAN = Plan(run="evaluation-1", kind="evaluation", inputs={"model": MODEL, "test-set": TEST_SET})
RUN = """
run = "evaluation-1"
kind = "evaluation"
command = ["{python}", "-c", "{script}"]
results = "results.json"
[inputs]
model = "{model}"
"""


def test_a_run_is_a_start_and_a_finish(tmp_path: Path) -> None:
    """The finish repeats name and kind, is caused by the start, and is found by every digest."""
    recorder = fresh_recorder(tmp_path)
    start = start_run(recorder, "loans", PLAN, ACTOR)
    results = Results(
        outputs={"report": "ef" * 32},
        metrics={"accuracy": 0.8},
        groups=(GroupMetric(attribute="sex", group="female", metric="selection_rate", value=0.5, n=100),),
    )
    finish = finish_run(recorder, start, results, ACTOR)
    body = finish.read(RunFinished)
    assert (body.run, body.run_kind, body.status) == ("evaluation-1", "evaluation", "ok")
    assert (body.metrics, body.groups, finish.caused_by) == (results.metrics, results.groups, (start.id,))
    for digest in (MODEL, TEST_SET):
        assert list(recorder.facts(digest=digest)) == [start, finish]
    assert list(recorder.facts(digest="ef" * 32)) == [finish]


def test_without_results_a_run_has_failed(tmp_path: Path) -> None:
    """A failed run is recorded as failed, never left out."""
    recorder = fresh_recorder(tmp_path)
    start = start_run(recorder, "loans", PLAN, ACTOR)
    assert finish_run(recorder, start, None, ACTOR).read(RunFinished).status == "failed"


def test_a_run_is_not_declared_twice_in_different_words(tmp_path: Path) -> None:
    """The same start again is the same fact; another plan, or a second finish, is a conflict."""
    recorder = fresh_recorder(tmp_path)
    start = start_run(recorder, "loans", PLAN, ACTOR)
    assert start_run(recorder, "loans", PLAN, ACTOR) == start
    with pytest.raises(ConflictError):
        start_run(recorder, "loans", Plan(run="evaluation-1", kind="training", inputs={}), ACTOR)
    finish_run(recorder, start, Results(metrics={"accuracy": 0.7}), ACTOR)
    with pytest.raises(ConflictError):
        finish_run(recorder, start, Results(metrics={"accuracy": 0.9}), ACTOR)
    assert start.read(RunStarted).run_kind == "evaluation"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"metrics": {"accuracy": "high"}}',
        b'{"metrics": {"accuracy": NaN}}',
        b'{"metrics": {"a": 1}, "metrics": {"a": 2}}',
        b'{"colour": "red"}',
        b'{"outputs": {"model": "abc"}}',
        b'{"groups": [{"attribute": "sex"}]}',
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
def test_results_are_read_strictly(text: bytes) -> None:
    """Anything ambiguous, oversized or of another shape is refused before it can be believed."""
    with pytest.raises(UsageError):
        parse_results(text)


@pytest.mark.parametrize("inputs", [{"model": "abc"}, {"model": MODEL.upper()}])
def test_inputs_are_digests(tmp_path: Path, inputs: dict[str, str]) -> None:
    """A run over something that was not hashed is refused, and nothing is recorded."""
    recorder = fresh_recorder(tmp_path)
    with pytest.raises(UsageError):
        start_run(recorder, "loans", Plan(run="r", kind="training", inputs=inputs), ACTOR)
    assert recorder.head().size == 1


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("pass", 2, "results.json"),
        ("open('results.json', 'w').write('nonsense')", 2, "cannot be read"),
        ("raise SystemExit(3)", 1, ""),
    ],
)
def test_a_command_that_leaves_no_results_is_a_failed_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    script: str,
    status: int,
    told: str,
) -> None:
    """The start stands, the finish says failed, and the user is told why."""
    monkeypatch.chdir(tmp_path)
    workspace = fresh_workspace(tmp_path, ManualClock(SystemClock().now()))
    (tmp_path / "run.toml").write_text(RUN.format(python=sys.executable, script=script, model=MODEL))
    found = call(["-w", str(workspace.folder), "record", "run", "run.toml", "--system", "loans"])
    assert (found, told in capsys.readouterr().err) == (status, True)
    (finish,) = workspace.recorder.facts(kind="record.run-finished")
    assert finish.body["status"] == "failed"
