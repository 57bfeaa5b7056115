"""What the ledger says about schemas and sealed segments, followed as it grows.

**Promise**: only facts are believed; forgetting the catalog and reading the ledger again gives the same one.
**Not here**: open segments: their journals know them (`segment.stored`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from probative.kernel.errors import NotFoundError
from probative.record.decisions.facts import SchemaDeclared, SegmentSealed
from probative.record.decisions.schema import DecisionSchema, Layout
from probative.record.facts import Fact
from probative.record.recorder import Recorder

_KINDS = ("record.schema-declared", "record.segment-sealed")


class Sealed(NamedTuple):
    """A sealed segment: its manifest, the fact that holds it, its schema and the layout of its rows."""

    fact_id: str
    manifest: SegmentSealed
    schema: DecisionSchema
    layout: Layout


class Catalog:
    """Schemas and manifests by system."""

    def __init__(self, recorder: Recorder) -> None:
        """Follow the ledger behind `recorder`."""
        self._recorder = recorder
        self._position = 0
        self._schemas: dict[str, dict[int, DecisionSchema]] = {}
        self._sealed: dict[str, Sealed] = {}

    def refresh(self) -> None:
        """Take in what was recorded since the last time."""
        for fact in self._recorder.facts(kind=_KINDS, since=self._position):
            self._take(fact)
            self._position = fact.index + 1

    def schema(self, system: str, version: int | None = None) -> DecisionSchema:
        """Return a system's schema, the newest without `version`; `NotFoundError` if it has none."""
        versions = self._schemas.get(system)
        if not versions:
            raise NotFoundError(
                "decisions.schema-unknown",
                f"System '{system[:80]}' has declared no decision schema.",
                "Check the name, or declare one first.",
            )
        chosen = max(versions) if version is None else version
        if chosen not in versions:
            raise NotFoundError(
                "decisions.schema-version",
                f"System '{system}' has no schema version {chosen}.",
                f"Its newest is {max(versions)}.",
            )
        return versions[chosen]

    def newest(self, system: str) -> DecisionSchema | None:
        """Return a system's newest schema, if it has one."""
        return self.schema(system) if system in self._schemas else None

    def systems(self) -> list[str]:
        """Return every system that has a schema."""
        return sorted(self._schemas)

    def sealed(self, segment: str) -> Sealed | None:
        """Return a segment if it is sealed."""
        return self._sealed.get(segment)

    def segments(self, system: str | None = None, stream: str | None = None) -> Iterator[Sealed]:
        """Yield sealed segments in the order they were sealed in."""
        for sealed in self._sealed.values():
            manifest = sealed.manifest
            if system in (None, manifest.system) and stream in (None, manifest.stream):
                yield sealed

    def last_of(self, writer: str, system: str, stream: str) -> str:
        """Return the segment that `writer` sealed last for this stream, "" if there is none."""
        mine = [s.manifest.segment for s in self.segments(system, stream) if s.manifest.writer == writer]
        return mine[-1] if mine else ""

    def _take(self, fact: Fact) -> None:
        if fact.kind == "record.schema-declared":
            schema = fact.read(SchemaDeclared).schema()
            self._schemas.setdefault(schema.system, {})[schema.version] = schema
            return
        manifest = fact.read(SegmentSealed)
        schema = self.schema(manifest.system, manifest.schema_version)
        self._sealed[manifest.segment] = Sealed(fact.id, manifest, schema, schema.layout(manifest.stream))
