"""The rooms have the same furniture: narrow ports, front classes that fit on a page, private adapters."""

import ast

FRONT_METHODS_MAX = 12
PORT_METHODS_MAX = 5
FRONTS = {
    "probative.record.recorder": "Recorder",
    "probative.record.decisions.log": "DecisionLog",
    "probative.gate.gatekeeper": "Gatekeeper",
    "probative.watch.watcher": "Watcher",
    "probative.respond.responder": "Responder",
    "probative.prove.prover": "Prover",
}


def methods(node):
    """Return the public methods of a class, properties not counted."""
    return [
        child.name
        for child in node.body
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        and not child.name.startswith("_")
        and not any(ast.unparse(d) == "property" for d in child.decorator_list)
    ]


def classes(module):
    """Return the top-level classes of a module by name."""
    return {node.name: node for node in module.tree.body if isinstance(node, ast.ClassDef)}


def test_front_classes_stay_small(modules):
    """Each verb has its front class, with at most twelve public methods."""
    by_name = {module.name: module for module in modules}
    counts = {front: len(methods(classes(by_name[home])[front])) for home, front in FRONTS.items()}
    assert {front: count for front, count in counts.items() if not 1 <= count <= FRONT_METHODS_MAX} == {}


def test_ports_are_narrow_protocols(modules):
    """What a room needs from the world is asked for in protocols of at most five methods."""
    wide = {
        f"{module.name}.{name}": len(methods(node))
        for module in modules
        if module.name.endswith(".ports")
        for name, node in classes(module).items()
        if any(ast.unparse(b).startswith("Protocol") for b in node.bases)
        and len(methods(node)) > PORT_METHODS_MAX
    }
    assert wide == {}


def test_facts_live_in_the_facts_module(modules):
    """A room's fact kinds are declared in its `facts.py`, where a reader looks for them."""
    strays = [
        f"{module.name}.{node.name}"
        for module in modules
        if not module.name.endswith(".facts") and module.room != "probative"
        for node in classes(module).values()
        if any(ast.unparse(d).startswith("fact_kind") for d in node.decorator_list)
    ]
    assert strays == []
