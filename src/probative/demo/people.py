"""The people of the demo: who answers a playbook's questions, in the roles that the playbook asks for.

**Promise**: every answer is given by a person in an entitled role, as in real life; nothing answers itself.
**Not here**: the questions (`packs/playbooks`).
"""

from collections.abc import Mapping

from probative.demo.stage import PEOPLE, Stage
from probative.respond.playbooks.keeper import Answer
from probative.respond.playbooks.view import Execution

# What the people of the drill say, by the variable that a step asks for.
ANSWERS = {
    "__cause__": "pipeline-fault",
    "__clocks_decided__": "true",
    "__complaints__": "0",
    "__fallback_approved__": "true",
    "__correctives__": "2",
}


def play(stage: Stage, run: Execution, answers: Mapping[str, str], minutes: int = 3) -> Execution:
    """Answer every question of `run` that waits, each in the first role it asks, until none waits."""
    while run.waiting:
        step = run.waiting[0]
        stage.later(minutes=minutes)
        answer = Answer(
            step=step.step, actor=PEOPLE[step.roles[0]], values={name: answers[name] for name in step.results}
        )
        run = stage.workspace.responder.playbooks.answer(run.id, answer)
    return run
