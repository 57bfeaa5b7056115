"""Zips and folders that try tricks, and the one form that is accepted."""

import io
import os
import stat
import struct
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.prove.package import zip_chunks
from probative.prove.verifier import container
from probative.prove.verifier.container import Archive, Folder, is_safe_name
from probative.prove.verifier.forms import FailureError

FILES = {"a/1.json": b"{}", "b.txt": b"hello", "empty": b""}


def write(path, data):
    """Put `data` at `path` and return it."""
    path.write_bytes(data)
    return path


def refused(path, match=r"zip"):
    """Assert that the zip at `path` is refused, when listed or when read."""
    with pytest.raises(FailureError, match=match):
        read_all(path)


def read_all(path):
    """Read every file of the zip at `path`."""
    archive = Archive(path)
    return {name: b"".join(archive.chunks(name)) for name in sorted(archive.names)}


names = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9.]{1,8}[a-z])?", fullmatch=True)


@given(st.dictionaries(names, st.binary(max_size=50), max_size=8))
def test_what_was_zipped_is_read(files):
    """Our zips are read by our reader and by Python's own, with the same files."""
    data = b"".join(zip_chunks(files))
    assert data == b"".join(zip_chunks(dict(reversed(files.items()))))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert files == {name: archive.read(name) for name in archive.namelist()}


def test_archive_and_folder_hold_the_same(tmp_path):
    """A zip and the folder it was unpacked to are read alike."""
    path = write(tmp_path / "p.zip", b"".join(zip_chunks(FILES)))
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(tmp_path / "out")
    archive, folder = Archive(path), Folder(tmp_path / "out")
    assert archive.names == folder.names == set(FILES)
    for name, content in FILES.items():
        assert b"".join(archive.chunks(name)) == b"".join(folder.chunks(name)) == content


def test_any_flipped_bit_of_the_zip_is_noticed(tmp_path):
    """No bit of a zip can change unnoticed, in headers, directory, names or data."""
    data = b"".join(zip_chunks(FILES))
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        refused(write(tmp_path / "p.zip", bytes(flipped)), match=r".+")


@pytest.mark.parametrize("cut", [0, 1, 21, 22, 60, -1, -22, -23])
def test_cut_zips_are_refused(tmp_path, cut):
    """A zip that ends early, or is nothing at all."""
    refused(write(tmp_path / "p.zip", b"".join(zip_chunks(FILES))[:cut]))


@pytest.mark.parametrize(("before", "after"), [(b"MZ", b""), (b"", b"tail"), (b"\0" * 100, b"")])
def test_bytes_around_a_zip_are_refused(tmp_path, before, after):
    """A zip that is something else as well (a program, a picture) is refused."""
    refused(write(tmp_path / "p.zip", before + b"".join(zip_chunks(FILES)) + after))


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../evil", "a\\evil", "C:evil", ".hidden", "a//b", "é", "a/", "x" * 201],
)
def test_names_that_escape_are_refused(tmp_path, name):
    """A zip made by another tool with a dangerous name is refused before any byte of it is used."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"x")
    assert not is_safe_name(name)
    refused(write(tmp_path / "p.zip", buffer.getvalue()))
    refused(write(tmp_path / "q.zip", b"".join(zip_chunks({name: b"x"}))))


def test_links_duplicates_and_compression_are_refused(tmp_path):
    """A symbolic link, one name twice, a deflated entry, an encrypted flag, a comment: not our form."""
    link = zipfile.ZipInfo("link", (1980, 1, 1, 0, 0, 0))
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for entries, compression, comment in (
        ([(link, b"/etc/passwd")], zipfile.ZIP_STORED, b""),
        ([("a", b"1"), ("a", b"2")], zipfile.ZIP_STORED, b""),
        ([("a", b"1" * 500)], zipfile.ZIP_DEFLATED, b""),
        ([("a", b"1")], zipfile.ZIP_STORED, b"comment"),
    ):
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            with zipfile.ZipFile(buffer, "w", compression) as archive:
                for name, data in entries:
                    archive.writestr(name, data)
                archive.comment = comment
        refused(write(tmp_path / "p.zip", buffer.getvalue()))


def test_files_out_of_order_or_twice_are_refused(tmp_path):
    """Two entries that our writer would never put in this order."""
    stored = [container.Stored("b", 0, 0, 0), container.Stored("a", 0, 0, 31)]
    for second in (stored[1], container.Stored("b", 0, 0, 31)):
        files = [stored[0], second]
        directory = b"".join(item.central_header() for item in files)
        body = b"".join(item.local_header() for item in files)
        end = container.end_record(2, len(directory), len(body))
        refused(write(tmp_path / "p.zip", body + directory + end), match="out of order or occurs twice")


def test_a_lying_count_is_refused(tmp_path):
    """The end says three files, the directory holds two."""
    data = b"".join(zip_chunks({"a": b"", "b": b""}))
    at = data.rindex(b"PK\x05\x06")
    lying = data[: at + 8] + struct.pack("<2H", 3, 3) + data[at + 12 :]
    refused(write(tmp_path / "p.zip", lying), match="holds 2 files, not 3")


def test_too_many_files_are_refused_before_writing():
    """What a zip of this form cannot hold is refused before its first byte."""
    with pytest.raises(UsageError, match="65535 files"):
        next(iter(zip_chunks({str(number): b"" for number in range(65_535)})))


def test_links_in_a_folder_are_refused(tmp_path):
    """A link to a file or a folder, or a pipe, is not followed."""
    for make in (
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to(tmp_path),
        lambda path: os.mkfifo(path),
    ):
        root = tmp_path / "out"
        root.mkdir(exist_ok=True)
        make(root / "evil")
        with pytest.raises(FailureError, match=r"^evil: name: it is a link or a special file"):
            Folder(root)
        (root / "evil").unlink()


def test_desktop_leftovers_and_the_readers_trust_file_are_no_part(tmp_path):
    """What a file manager leaves, and the trust file that a reader put there, are not evidence."""
    for name in (".DS_Store", "Thumbs.db", "trust.json", "a"):
        write(tmp_path / name, b"")
    assert {"a"} == Folder(tmp_path, tmp_path / "trust.json").names
