"""The pages and the API: what a person or a program may look at over HTTP.

**Promise**: reads only; works without JavaScript; nothing inline, nothing from another origin.
**Not here**: rules, and anything that writes a fact (use the command line).
"""
