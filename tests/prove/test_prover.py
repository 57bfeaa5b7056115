"""Making packages: what goes in, what stays out, what is recorded, and what is refused."""

import io
import json
import zipfile

import pytest

from probative.adapters.files.packages import PackageFolder
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UsageError
from probative.prove import disclosure
from probative.prove.disclosure import Disclosure
from probative.prove.facts import PackageIssued
from probative.prove.prover import Prover
from probative.prove.verification import verify
from probative.record.facts import DocumentRecorded
from tests.prove.conftest import ACTOR, INCIDENT, RELEASE, append, build_house


def opened(path):
    """Return the files of a package and its manifest."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files["manifest.json"])


def kinds(manifest):
    """Return the kinds of fact in a package, in order."""
    return [fact["kind"] for fact in manifest["facts"]]


def test_a_package_holds_the_subject_and_what_it_rests_on(issued):
    """The incident, the verdict that it names, what that stood on, and the context; nothing else."""
    _, manifest = opened(issued.path)
    assert kinds(manifest) == [
        "record.ledger-opened",
        "record.system-registered",
        "record.document-recorded",
        "record.release-proposed",
        "gate.verdict-given",
        "record.schema-declared",
        "record.segment-sealed",
        "respond.incident-declared",
        "respond.custody-recorded",
    ]


def test_a_release_package_holds_everything_the_verdict_stood_on(house, tmp_path):
    """The controls' facts are in it, the later incident is not."""
    house.prover.package(RELEASE, tmp_path / "release.zip", actor=ACTOR)
    _, manifest = opened(tmp_path / "release.zip")
    assert kinds(manifest) == [
        "record.ledger-opened",
        "record.system-registered",
        "record.document-recorded",
        "record.release-proposed",
        "gate.verdict-given",
    ]


def test_issuing_is_recorded_and_binds_the_manifest(issued):
    """The fact holds the manifest's digest and what was disclosed, and is found by subject."""
    files, _ = opened(issued.path)
    body = issued.package.issued.read(PackageIssued)
    assert sha256_hex(files["manifest.json"]) == body.sha256
    assert (
        body.about,
        body.facts,
        body.documents,
        body.decisions,
        body.withheld,
        body.personal,
    ) == (INCIDENT, 9, 1, 2, 1, True)
    assert issued.package.issued in issued.house.prover.issued()
    assert issued.package.issued in issued.house.prover.issued(INCIDENT)
    assert issued.house.prover.issued("incident/other") == []


def test_personal_blobs_only_when_asked(house, issued, tmp_path):
    """Withheld with a reason by default; shown with their salt, and verified, when asked for."""
    _, manifest = opened(issued.path)
    held_back = [{"sha256": house.personal, "reason": disclosure.PERSONAL, "named_by": [8]}]
    assert held_back == manifest["withheld"]
    assert b"Jane Roe" not in issued.data
    path = tmp_path / "personal.zip"
    package = house.prover.package(INCIDENT, path, actor=ACTOR, shown=Disclosure(personal=True))
    files, _ = opened(path)
    assert (package.issued.body["personal"], package.withheld) == (True, ())
    assert files[f"blobs/{house.personal}"].endswith(b"Jane Roe called on Monday.")
    assert verify(path, house.trust).status == 0


def test_blobs_can_be_withheld_one_by_one_or_by_size(house):
    """The issuer names what stays back; the package names it too, with the reason."""
    for shown, reason in (
        (Disclosure(withhold=(house.card,)), disclosure.WITHHELD),
        (Disclosure(blob_bytes_max=5), disclosure.TOO_LARGE),
    ):
        contents = house.prover.preview(RELEASE, shown=shown)
        assert ({}, [(house.card, reason)]) == (
            contents.blobs,
            [(item.sha256, item.reason) for item in contents.withheld],
        )
    with pytest.raises(UsageError, match="SHA-256"):
        Disclosure(withhold=("AB" * 32,))


def test_a_needed_blob_that_is_gone_is_said(tmp_path):
    """A document that a fact needs and the record no longer holds is listed, not passed over."""
    house = build_house(tmp_path)
    body = DocumentRecorded(
        document="gone",
        document_kind="datasheet",
        system="loans",
        sha256="cd" * 32,
        about=house.card,
        fields={},
    )
    append(house, body, RELEASE)
    withheld = house.prover.preview(RELEASE).withheld
    assert [(item.sha256, item.reason) for item in withheld] == [("cd" * 32, disclosure.MISSING)]


def test_preview_writes_nothing(house):
    """Looking at what a package would hold leaves the ledger as it is."""
    before = house.workspace.recorder.head()
    assert house.prover.preview(INCIDENT).about == INCIDENT
    assert before == house.workspace.recorder.head()


@pytest.mark.parametrize("about", ["system/loans", "incident/", "incident", "", "/x", "model/m"])
def test_other_subjects_are_refused(house, tmp_path, about):
    """A package is about an incident, an inquiry or a release."""
    with pytest.raises(UsageError, match="cannot be about"):
        house.prover.package(about, tmp_path / "p.zip", actor=ACTOR)


def test_nothing_recorded_is_not_an_empty_package(house, tmp_path):
    """No fact about the subject is an error that leaves nothing behind."""
    with pytest.raises(NotFoundError, match="incident/none"):
        house.prover.package("incident/none", tmp_path / "p.zip", actor=ACTOR)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_recorded_when_the_file_cannot_be_written(house, tmp_path):
    """A name that is taken, or a folder that is not there, is refused before the ledger hears of it."""
    before = house.workspace.recorder.head()
    (tmp_path / "taken.zip").write_bytes(b"mine")
    with pytest.raises(ConflictError, match=r"taken\.zip"):
        house.prover.package(INCIDENT, tmp_path / "taken.zip", actor=ACTOR)
    with pytest.raises(UsageError, match="not a folder"):
        house.prover.package(INCIDENT, tmp_path / "none" / "p.zip", actor=ACTOR)
    assert (before, b"mine") == (house.workspace.recorder.head(), (tmp_path / "taken.zip").read_bytes())


def test_protected_groups_are_never_opened(house):
    """Protected attributes leave only with a recorded audit, never in a package."""
    with pytest.raises(DeniedError, match="protected"):
        house.prover.preview(
            INCIDENT, decisions=house.decision_ids[:1], shown=Disclosure(groups=("protected",))
        )
    with pytest.raises(NotFoundError, match=r".+"):
        house.prover.preview(INCIDENT, decisions=["01a19659-fbd0-7202-8202-ffffffffffff"])


def test_a_damaged_blob_stops_the_package(tmp_path):
    """A blob that no longer hashes to its name is an alarm, not evidence."""
    house = build_house(tmp_path)
    (place,) = (tmp_path / "workspace" / "record" / "blobs").glob(f"*/{house.card}")
    place.chmod(0o644)
    place.write_bytes(b"another card")
    with pytest.raises(TamperError, match=house.card):
        house.prover.package(RELEASE, tmp_path / "p.zip", actor=ACTOR)


def test_a_package_that_does_not_verify_is_not_handed_over(house, tmp_path):
    """With keys that are not the record's own, nothing is left at the path."""
    stranger = build_house(tmp_path / "other")
    prover = Prover(
        house.workspace.recorder,
        house.workspace._stores.blobs,
        house.workspace.decisions,
        PackageFolder(),
        stranger.trust,
    )
    with pytest.raises(TamperError, match="does not verify"):
        prover.package(INCIDENT, tmp_path / "p.zip", actor=ACTOR)
    assert not (tmp_path / "p.zip").exists()
