"""The verifier: everything that checks an evidence package, in the standard library alone.

**Promise**: modules here import nothing but Python and each other; `prove.bundling` joins them into the one
file `verify.py` that travels with every package, so the product and a stranger run the same lines.
**Not here**: making packages (`prove.package`), and keys or trust of its own.
"""
