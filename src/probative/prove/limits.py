"""What a package does not prove, said in plain words in every package.

**Promise**: each sentence is true of this package; nothing here is softened by what the package does prove.
**Not here**: what it does prove (`page` shows it, `verifier` checks it).
"""

from typing import NamedTuple

from probative.prove.package import Contents


class Limit(NamedTuple):
    """One thing that the evidence cannot show, and why."""

    title: str
    text: str


_ALWAYS = (
    Limit(
        "That every decision was recorded",
        "A decision that the service never sent to the record leaves no trace in it. Coverage is compared "
        "with other sources where they exist; it is never proved by the record itself.",
    ),
    Limit(
        "That the recorded times are true",
        "The times are those of the issuer's clock. The record only refuses to go backwards. Without a "
        "witness or a timestamp from outside, the whole record could have been written later than it "
        "says.",
    ),
    Limit(
        "That no other history exists",
        "The checkpoint is signed by the issuer's log alone. Without a witness, or an earlier checkpoint "
        "that you kept yourself, a restored old copy or a second history shown to others cannot be "
        "excluded.",
    ),
    Limit(
        "That nothing else is known",
        "The package holds the facts about its subject and those that they refer to, as of the stated "
        "ledger size. The issuer may hold other facts, and later ones.",
    ),
    Limit(
        "That what was written down is true",
        "A signature proves which key recorded a statement and that it was not changed since. It does not "
        "prove that a measurement was done well, that a document is right, or which person was at the "
        "keyboard.",
    ),
    Limit(
        "That any law was complied with",
        "Tiers, controls and deadlines are the issuer's reading of the cited sources. This is evidence, "
        "not legal advice and not a certificate.",
    ),
)
_NAMED_ONLY = Limit(
    "What lies behind a digest that is only named",
    "Facts name some bytes by digest that are neither in this package nor listed as withheld: the record "
    "does not hold them (a dataset kept elsewhere, a blob that was erased). Their content is not shown by "
    "this package.",
)


def limits_of(contents: Contents) -> list[Limit]:
    """Return what this package does not prove."""
    limits = list(_ALWAYS)
    if contents.withheld:
        count = len(contents.withheld)
        limits.append(
            Limit(
                "What the withheld blobs say",
                f"{count} blob{'s are' if count > 1 else ' is'} named by digest and kept back; the reasons "
                "are listed. Should one be handed over later, its SHA-256 shows whether it is the one named.",
            )
        )
    if contents.decisions:
        limits.append(
            Limit(
                "That the decisions shown are typical",
                "The issuer chose which decision rows to show. Each is proved to be in its sealed "
                "segment; groups of columns that are not opened stay hidden behind their commitments.",
            )
        )
    return [*limits, _NAMED_ONLY]


def not_proven_text(contents: Contents) -> str:
    """Return `NOT-PROVEN.md`."""
    lines = [f"# What package {contents.package} does not prove", ""]
    for limit in limits_of(contents):
        lines += [f"## {limit.title}", "", limit.text, ""]
    return "\n".join(lines)


def readme_text(contents: Contents) -> str:
    """Return `README.txt`: how to verify, in one screen."""
    return f"""Evidence package {contents.package}
about {contents.about}, issued {contents.issued_at} from the log {contents.trust.origin}

To read it       open index.html in a browser
To verify it     python3 verify.py --trust trust.json
                 (Python 3.8 or later, no network; get the trust file from the issuer by another way than
                 this package, and compare the SHA-256 of verify.py with the one its project publishes)

Status 0 means verified, 7 that something was changed, 8 that the issuer is unknown for want of a trust file.

issued.json      the fact in the issuer's ledger that binds manifest.json
manifest.json    the SHA-256 of every file that is not proved by the ledger itself
facts/           ledger entries (DSSE envelopes), each with its inclusion proof (c2sp.org/tlog-proof@v1)
checkpoint       the signed head of the ledger that all proofs lead to
decisions/       decision rows with their proofs (row-be/1), where there are any
blobs/           documents that the facts name, by SHA-256
NOT-PROVEN.md    what all this does not prove
"""
