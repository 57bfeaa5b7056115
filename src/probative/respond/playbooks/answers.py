"""A person's answer to a waiting step: which step is meant, and whether the values fit it.

**Promise**: pure; every declared result is answered, nothing else is, and each value fits its type.
**Not here**: who may answer (the matter's roles) and recording it (`keeper`).
"""

from collections.abc import Mapping, Sequence

from probative.kernel.errors import NotFoundError, UsageError
from probative.kernel.limits import TEXT_CHARS_MAX
from probative.respond.playbooks.playbook import Playbook, Step, Variable
from probative.respond.playbooks.view import StepView

VALUE_CHARS_MAX = 500


def find_waiting(waiting: Sequence[StepView], text: str) -> StepView:
    """Return the waiting step meant by `text`: its id, the beginning of its UUID, or its name.

    Raises `NotFoundError` when none, `UsageError` when several are meant.
    """
    wanted = text.strip().lower()
    found = [
        step
        for step in waiting
        if wanted in (step.step, step.name.lower()) or step.step.partition("--")[2].startswith(wanted)
    ]
    if not wanted or not found:
        names = ", ".join(f"'{step.name}'" for step in waiting) or "none"
        raise NotFoundError(
            "step.not-waiting", f"No step '{text[:80]}' waits for an answer.", f"Waiting now: {names}."
        )
    if len(found) > 1:
        raise UsageError(
            "step.ambiguous", f"'{text[:80]}' means {len(found)} waiting steps.", "Give the step's id."
        )
    return found[0]


def check_values(playbook: Playbook, step: Step, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values in the playbook's own form, or refuse them with `UsageError`.

    A result may be named with or without its underscores: `cause` is `__cause__`.
    """
    given = {name if name.startswith("__") else f"__{name}__": value for name, value in values.items()}
    for name in given:
        if name not in step.out_args:
            raise UsageError(
                "step.unknown-result",
                f"The step '{step.name}' has no result '{name[:80]}'.",
                f"Its results: {', '.join(step.out_args) or 'none'}.",
            )
    missing = [name for name in step.out_args if name not in given]
    if missing:
        raise UsageError(
            "step.missing-result",
            f"The step '{step.name}' asks for '{missing[0]}' as well.",
            f"Give it: --set {missing[0].strip('_')}=VALUE",
        )
    return {name: _typed(name, _declared(playbook, step, name), value) for name, value in given.items()}


def check_note(note: str) -> str:
    """Return a note that is not too long to be kept."""
    if len(note) > TEXT_CHARS_MAX:
        raise UsageError(
            "step.note-too-long",
            f"The note has {len(note)} characters; at most {TEXT_CHARS_MAX} are kept.",
            "Record a longer text as a document, and name it here.",
        )
    return note


def _declared(playbook: Playbook, step: Step, name: str) -> Variable:
    return step.step_variables.get(name) or playbook.playbook_variables[name]


def _typed(name: str, variable: Variable, value: str) -> str:
    text = value.strip()
    if len(text) > VALUE_CHARS_MAX:
        raise UsageError(
            "step.value-too-long", f"The value of '{name}' is too long.", "Use a note for prose."
        )
    if variable.type == "bool":
        if text.lower() not in ("true", "false"):
            raise UsageError("step.value", f"'{text[:80]}' is not true or false.", f"{name} is a bool.")
        return text.lower()
    if variable.type in ("integer", "long", "float"):
        convert = float if variable.type == "float" else int
        try:
            convert(text)
        except ValueError:
            raise UsageError(
                "step.value", f"'{text[:80]}' is no {variable.type}.", f"{name} is a number."
            ) from None
    return text
