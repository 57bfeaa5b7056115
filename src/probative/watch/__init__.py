"""Watch: monitors over every decision: declared measures, windows, readings, signals, fairness audits.

**Promise**: measures are pure functions of one additive state that anyone can recompute; every number carries
its n, an interval or bound, its method and its threshold; too little data is said, never shown as fine.
**Not here**: deciding about releases (`gate`) and acting on signals (`respond`, through `reactions`).
"""
