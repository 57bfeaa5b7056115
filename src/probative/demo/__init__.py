"""`probative demo`: the main job from end to end, on real data, in a new folder.

**Promise**: every number printed is computed in the run; everything is left behind to be looked at.
**Not here**: shortcuts: the demo calls what the commands call.
"""
