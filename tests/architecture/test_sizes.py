"""Nothing grows past the size at which a reader loses the thread."""

import ast
from collections import Counter

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
CLASS_LINES_MAX = 300
ROOM_MODULES_MAX = 12

# Names here may exceed the limit. The list may only shrink: an entry that no longer exceeds it must go.
EXCEPTIONS: frozenset[str] = frozenset()


def oversized(modules):
    """Yield every name over its limit with what was counted."""
    for module in modules:
        lines = module.text.count("\n")
        if lines > MODULE_LINES_MAX:
            yield module.name, f"{lines} lines"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                limit = CLASS_LINES_MAX if isinstance(node, ast.ClassDef) else FUNCTION_LINES_MAX
                if (length := node.end_lineno - node.lineno + 1) > limit:
                    yield f"{module.name}.{node.name}", f"{length} lines"
    rooms = Counter(module.room for module in modules if module.path.name != "__init__.py")
    for room, count in rooms.items():
        if count > ROOM_MODULES_MAX:
            yield room, f"{count} modules"


def test_nothing_is_oversized(modules):
    """Modules, functions, classes and rooms stay within the limits of the house."""
    assert {name: size for name, size in oversized(modules) if name not in EXCEPTIONS} == {}


def test_the_exception_list_only_shrinks(modules):
    """An exception that is no longer needed is removed from the list."""
    assert EXCEPTIONS - {name for name, _ in oversized(modules)} == frozenset()
