"""The only room that touches the world: databases, files, keys, flags and other systems.

**Promise**: each adapter fulfils a port of the rooms below and turns the world's failures into our errors.
**Not here**: rules and judgements; an adapter moves bytes.
"""
