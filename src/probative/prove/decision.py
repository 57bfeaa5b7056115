"""One decision row as a file of a package: row bytes, path, and the groups that are opened.

**Promise**: with the two facts that it names (the seal and the schema), the file proves the row to anybody.
**Not here**: finding and proving rows (`record.decisions`), checking the file (`verifier.rows`).
"""

from typing import TYPE_CHECKING

from probative.kernel.canon import canonical
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import TamperError
from probative.prove.verifier.rows import DECISION_FORMAT
from probative.record.facts import Fact
from probative.record.recorder import Recorder

if TYPE_CHECKING:
    # Only the type: the decision log brings a data stack that verifying a package has no use for.
    from probative.record.decisions.proof import DecisionProof


def decision_file(proof: "DecisionProof", schema: Fact) -> bytes:
    """Return the canonical JSON that carries `proof`; `schema` is the fact that declared its columns."""
    return canonical(
        {
            "format": DECISION_FORMAT,
            "decision_id": proof.decision_id,
            "system": proof.system,
            "segment": proof.segment,
            "sealed_fact": proof.manifest,
            "schema_fact": schema.id,
            "index": proof.index,
            "row": proof.row.hex(),
            "path": [item.hex() for item in proof.path],
            "groups": {
                opening.group: {"salt": opening.salt.hex(), "values": opening.row.hex()}
                for opening in proof.opened
            },
        }
    )


def schema_of(recorder: Recorder, sealed: Fact) -> Fact:
    """Return the fact that declared the schema which `sealed` names by digest."""
    kind = "record.schema-declared"
    for item in sealed.subjects:
        for fact in recorder.facts(kind=kind, subject=item.name, until=sealed.index):
            if sha256_hex(canonical(fact.body)) == sealed.body["schema"]:
                return fact
    raise TamperError(
        "prove.schema-missing",
        f"No fact before entry {sealed.index} declares the schema {sealed.body['schema'][:12]} of its rows.",
        "Run 'probative record verify'.",
    )
