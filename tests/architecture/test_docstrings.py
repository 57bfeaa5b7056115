"""Every module says what it promises and what it leaves to others; every public name says what it is for."""

import ast

import pytest


def public_definitions(module):
    """Yield public classes, functions and methods with their dotted names."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield f"{module.name}.{node.name}", node
            for child in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name[0] != "_":
                    yield f"{module.name}.{node.name}.{child.name}", child


def is_overload_or_setter(node):
    """Tell whether a definition only repeats another one's signature."""
    return any(ast.unparse(d).endswith(("overload", ".setter")) for d in node.decorator_list)


@pytest.mark.parametrize("mark", ["**Promise**:", "**Not here**:"])
def test_every_module_states_its_walls(modules, mark):
    """The docstring of a module holds a promise, and what to look for elsewhere."""
    assert [m.name for m in modules if mark not in (ast.get_docstring(m.tree) or "")] == []


def test_every_public_name_is_explained(modules):
    """A public class, function or method has a docstring."""
    silent = [
        name
        for module in modules
        for name, node in public_definitions(module)
        if not ast.get_docstring(node) and not is_overload_or_setter(node)
    ]
    assert silent == []


def test_every_package_has_an_init(root):
    """A folder of Python files is a package that says what it is."""
    source = root / "src" / "probative"
    folders = {path.parent for path in source.rglob("*.py")}
    assert [str(f.relative_to(root)) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []
