"""Packages that were changed, forged, cut or padded: each is found and named, by product and stranger."""

import json
import random
import subprocess
import sys
import zipfile

import pytest

from probative.kernel.errors import NotFoundError
from probative.prove.bundling import verifier_source
from probative.prove.package import zip_chunks
from probative.prove.verification import verify
from probative.prove.verifier.package import GOOD, TAMPERED, UNKNOWN
from probative.record.proofs.trust import build_trust, parse_trust, write_trust
from tests.prove.conftest import ACTOR, INCIDENT, build_house

# Flips at one random place of every file and many more anywhere; the seed only makes a failure repeatable.
RANDOM = random.Random(20261121)


@pytest.fixture(scope="module")
def files(issued):
    """Return the package's files by name, with where their bytes lie in the zip."""
    with zipfile.ZipFile(issued.path) as archive:
        return {
            info.filename: (archive.read(info), info.header_offset + 30 + len(info.filename))
            for info in archive.infolist()
        }


@pytest.fixture(scope="module")
def stranger(issued, tmp_path_factory):
    """Return a function that runs `verify.py` in a clean interpreter and returns its status and report."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "verify.py").write_bytes(verifier_source())
    (folder / "trust.json").write_bytes(write_trust(issued.house.trust))

    def run(place, *arguments):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(folder / "verify.py"), "--json", *arguments, str(place)],
            capture_output=True,
            text=True,
            cwd=folder,
            env={},
            timeout=60,
        )
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)

    run.trust = ("--trust", str(folder / "trust.json"))
    return run


def repacked(tmp_path, files, **changes):
    """Write the package again with some files changed, added, or (None) left out."""
    contents = {name: data for name, (data, _) in files.items()}
    for name, data in changes.items():
        if data is None:
            del contents[name]
        else:
            contents[name] = data
    path = tmp_path / "changed.zip"
    path.write_bytes(b"".join(zip_chunks(contents)))
    return path


def failed(verification):
    """Return the names of the files that failed."""
    return [failure.file for failure in verification.failures]


def test_a_good_package_is_verified(issued):
    """With the trust file: 0. Without: consistent, issuer unknown, 8, never 0."""
    known = verify(issued.path, issued.house.trust)
    unknown = verify(issued.path, None)
    assert (known.status, known.answer, known.failures) == (GOOD, "verified", ())
    assert (unknown.status, unknown.answer, unknown.failures) == (UNKNOWN, "consistent, issuer unknown", ())
    assert issued.package.verification == known


def test_the_stranger_says_the_same(issued, stranger):
    """`verify.py` in an isolated interpreter without site packages agrees with the product in every field."""
    known = verify(issued.path, issued.house.trust)
    status, report = stranger(issued.path, *stranger.trust)
    assert known.status == status == report["status"] == GOOD
    for field in ("package", "about", "origin", "size", "root", "files", "facts", "withheld"):
        assert getattr(known, field) == report[field]
    assert list(known.decisions) == report["decisions"]
    assert stranger(issued.path)[0] == UNKNOWN


def test_a_flip_in_any_file_is_found_and_named(issued, files, tmp_path):
    """One byte changed in each file of the zip: the file is named, whatever else follows from it."""
    for name, (data, at) in files.items():
        place = at + RANDOM.randrange(len(data))
        changed = bytearray(issued.data)
        changed[place] ^= 1 << RANDOM.randrange(8)
        path = tmp_path / "flipped.zip"
        path.write_bytes(changed)
        found = verify(path, issued.house.trust)
        assert (found.status, name in failed(found)) == (TAMPERED, True), name


def test_a_flip_anywhere_in_the_zip_is_found(issued, tmp_path):
    """Headers, names, directory: there is no byte that may change."""
    for _ in range(60):
        changed = bytearray(issued.data)
        changed[RANDOM.randrange(len(changed))] ^= 1 << RANDOM.randrange(8)
        path = tmp_path / "flipped.zip"
        path.write_bytes(changed)
        assert verify(path, issued.house.trust).status == TAMPERED
        assert verify(path, None).status == TAMPERED


def test_a_flip_in_any_unpacked_file_is_found_and_named(issued, files, tmp_path):
    """In the folder, where no checksum helps: entries, proofs, checkpoint and all others are named."""
    with zipfile.ZipFile(issued.path) as archive:
        archive.extractall(tmp_path)
    for name, (data, _) in files.items():
        changed = bytearray(data)
        changed[RANDOM.randrange(len(data))] ^= 1 << RANDOM.randrange(8)
        (tmp_path / name).write_bytes(changed)
        found = verify(tmp_path, issued.house.trust)
        assert (found.status, name in failed(found)) == (TAMPERED, True), name
        (tmp_path / name).write_bytes(data)
    assert verify(tmp_path, issued.house.trust).status == GOOD


def test_product_and_stranger_agree_on_changes(issued, files, stranger, tmp_path):
    """The same failures, in the same words, for a sample of changed packages."""
    for name in ("issued.json", "index.html", "checkpoint", "facts/00000003.tlog-proof", "verify.py"):
        data = files[name][0]
        path = repacked(tmp_path, files, **{name: data.replace(b"a", b"b", 1)})
        found = verify(path, issued.house.trust)
        status, report = stranger(path, *stranger.trust)
        assert TAMPERED == found.status == status
        assert [[f.file, f.check, f.detail] for f in found.failures] == [
            [f["file"], f["check"], f["detail"]] for f in report["failures"]
        ]


def test_missing_and_added_files_are_named(issued, files, tmp_path):
    """Nothing can be left out or slipped in."""
    for name in (
        "facts/00000002.json",
        "facts/00000002.tlog-proof",
        "checkpoint",
        "issued.json",
        "index.html",
    ):
        found = verify(repacked(tmp_path, files, **{name: None}), issued.house.trust)
        assert [(f.check, f.detail) for f in found.failures if f.file == name] == [
            ("listed", "the file is missing")
        ]
    found = verify(repacked(tmp_path, files, **{"addendum.pdf": b"%PDF"}), issued.house.trust)
    assert [(f.file, f.check) for f in found.failures] == [("addendum.pdf", "listed")]


def test_swapped_files_are_found(issued, files, tmp_path):
    """An entry in another entry's place, an older proof, a blob under another name."""
    one, two = (files[f"facts/0000000{number}.json"][0] for number in (2, 3))
    swapped = repacked(tmp_path, files, **{"facts/00000002.json": two, "facts/00000003.json": one})
    assert {"facts/00000002.json", "facts/00000003.json"} <= set(failed(verify(swapped, issued.house.trust)))


def test_another_packages_manifest_does_not_pass(issued, files, tmp_path):
    """A manifest that the same issuer bound to another package is refused."""
    manifest = json.loads(files["manifest.json"][0])
    manifest["about"] = "incident/inc-2"
    changed = repacked(tmp_path, files, **{"manifest.json": json.dumps(manifest).encode()})
    assert "manifest.json" in failed(verify(changed, issued.house.trust))
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    found = verify(repacked(tmp_path, files, **{"manifest.json": canonical}), issued.house.trust)
    assert [(f.file, f.check) for f in found.failures] == [("manifest.json", "binding")]


def test_an_ordinary_fact_binds_no_package(issued, files, tmp_path):
    """Only `prove.package-issued` can stand in for the issuing fact."""
    changed = repacked(
        tmp_path,
        files,
        **{
            "issued.json": files["facts/00000003.json"][0],
            "issued.tlog-proof": files["facts/00000003.tlog-proof"][0],
        },
    )
    assert ("issued.json", "kind") in [
        (f.file, f.check) for f in verify(changed, issued.house.trust).failures
    ]


def test_a_whole_forged_package_is_refused(issued, stranger, tmp_path):
    """Rebuilt with other keys under the same name: perfect in itself, refused with the trust file."""
    forger = build_house(tmp_path / "forger")
    path = tmp_path / "forged.zip"
    forger.prover.package(INCIDENT, path, actor=ACTOR)
    assert verify(path, None).status == UNKNOWN
    found = verify(path, issued.house.trust)
    assert (
        found.status,
        (found.failures[0].file, found.failures[0].check),
    ) == (TAMPERED, ("checkpoint", "issuer"))
    assert stranger(path, *stranger.trust)[0] == TAMPERED


def test_a_stolen_log_key_alone_is_not_enough(issued, files):
    """A trust file with our log key but other writers refuses every fact by name of its writer."""
    trust = issued.house.trust
    log_key = trust.verifier_keys()[0].public_key
    found = verify(issued.path, build_trust(trust.origin, log_key, {"stranger": bytes(32)}))
    assert {failure.check for failure in found.failures if "facts/" in failure.file} == {"issuer"}
    assert "issued.json" in failed(found)


def test_a_retired_writer_counts_in_its_time_only(issued, tmp_path):
    """A key retired before the entries were written vouches for none of them."""
    trust = json.loads(write_trust(issued.house.trust))
    trust["writer_keys"][0]["retired_at_size"] = issued.package.verification.size
    assert verify(issued.path, parse_trust(json.dumps(trust))).status == GOOD
    trust["writer_keys"][0]["retired_at_size"] = 3
    found = verify(issued.path, parse_trust(json.dumps(trust)))
    assert "facts/00000002.json" not in failed(found)
    assert "facts/00000003.json" in failed(found)


@pytest.mark.parametrize("manifest", ["files", "facts", "decisions", "withheld"])
@pytest.mark.parametrize("value", [5, None, "x", [7], {"a": 7}, [{"file": 9}], [[]], {"../x": {}}])
def test_a_malicious_manifest_is_a_failure_not_a_crash(issued, files, tmp_path, manifest, value):
    """An issuer whom nobody trusts may write anything into a manifest; the answer is 7 all the same."""
    changed = {**json.loads(files["manifest.json"][0]), manifest: value}
    data = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert verify(repacked(tmp_path, files, **{"manifest.json": data}), None).status == TAMPERED


def test_garbage_is_refused(issued, tmp_path):
    """No zip at all, an empty folder, nothing there."""
    (tmp_path / "garbage.zip").write_bytes(b"garbage" * 100)
    (tmp_path / "empty").mkdir()
    assert [verify(tmp_path / "garbage.zip", None).status, verify(tmp_path / "empty", None).status] == [7, 7]
    with pytest.raises(NotFoundError, match=r"nothing\.zip"):
        verify(tmp_path / "nothing.zip", None)
