"""Where a package lies: a zip as Probative writes it, or the folder that it was unpacked to.

**Promise**: a zip is accepted in one byte-for-byte form only (stored, sorted, fixed times, no extras), so no
name can escape, occur twice, or be a link, and no byte of it is left unchecked; nothing is ever unpacked.
**Not here**: what the files say (`package`).
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from probative.prove.verifier.forms import FailureError

FILES_MAX = 65_534
ZIP_BYTES_MAX = 0xFFFF_FFFE
_CHUNK_BYTES = 1 << 20
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_NAME_CHARS_MAX = 200
_LEFT_BY_DESKTOPS = frozenset([".DS_Store", "Thumbs.db", "desktop.ini"])
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s4B4H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DATE_1980_01_01 = 0x21
_REGULAR_0644 = 0o100644 << 16
_MADE_ON_UNIX = 3
_ZIP_2_0 = 20


class Stored(NamedTuple):
    """One file of a zip: its name, CRC-32, size in bytes, and where its local header begins."""

    name: str
    crc: int
    size: int
    offset: int

    def local_header(self) -> bytes:
        """Return the one local header that this file can have."""
        name = self.name.encode()
        fields = (_ZIP_2_0, 0, 0, 0, _DATE_1980_01_01, self.crc, self.size, self.size, len(name), 0)
        return _LOCAL.pack(b"PK\x03\x04", *fields) + name

    def central_header(self) -> bytes:
        """Return the one entry in the central directory that this file can have."""
        name = self.name.encode()
        fields = (_ZIP_2_0, _MADE_ON_UNIX, _ZIP_2_0, 0, 0, 0, 0, _DATE_1980_01_01, self.crc, self.size)
        rest = (self.size, len(name), 0, 0, 0, 0, _REGULAR_0644, self.offset)
        return _CENTRAL.pack(b"PK\x01\x02", *fields, *rest) + name

    @property
    def after(self) -> int:
        """Where the next file begins."""
        return self.offset + _LOCAL.size + len(self.name) + self.size


def end_record(count: int, directory_bytes: int, offset: int) -> bytes:
    """Return the end of a zip with `count` files whose central directory begins at `offset`."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, directory_bytes, offset, 0)


def is_safe_name(name: str) -> bool:
    """Say whether `name` can be a file of a package: relative, plain ASCII, no hidden or upward part.

    >>> [is_safe_name(name) for name in ("facts/1.json", "../x", "/x", "a//b", ".x", "a\\\\b")]
    [True, False, False, False, False, False]
    """
    return len(name) <= _NAME_CHARS_MAX and bool(_SAFE_NAME.match(name))


class Archive:
    """A package as one zip file."""

    def __init__(self, path: Path) -> None:
        """Read the directory of the zip at `path`; a zip of any other form than ours is a failure."""
        self._path = path
        with path.open("rb") as file:
            self._files = {stored.name: stored for stored in _read_directory(path.name, file)}
        self.names = frozenset(self._files)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of file `name`; a wrong checksum is a failure at the end."""
        stored, crc = self._files[name], 0
        with self._path.open("rb") as file:
            file.seek(stored.after - stored.size)
            for data in _pieces(file, stored.size):
                crc = zlib.crc32(data, crc)
                yield data
        if crc != stored.crc:
            raise FailureError(name, "checksum", f"its bytes have CRC {crc:08x}, not {stored.crc:08x}")


class Folder:
    """A package as the folder that its zip was unpacked to."""

    def __init__(self, path: Path, beside: Path | None = None) -> None:
        """List the files under `path`; `beside` is a file of the reader's own that may lie there too."""
        self._path = path
        own = beside.resolve() if beside else None
        self.names = frozenset(name for name in _walk(path) if (path / name).resolve() != own)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of file `name`."""
        with (self._path / name).open("rb") as file:
            yield from iter(lambda: file.read(_CHUNK_BYTES), b"")


def _read_directory(archive: str, file: BinaryIO) -> list[Stored]:
    """Read the central directory and every local header, and compare each byte with what we would write."""
    size = file.seek(0, os.SEEK_END)
    if not _END.size <= size <= ZIP_BYTES_MAX:
        raise FailureError(archive, "zip", "this is no zip that Probative wrote")
    file.seek(size - _END.size)
    end = file.read(_END.size)
    _, _, _, _, count, directory_bytes, offset, _ = _END.unpack(end)
    if end != end_record(count, directory_bytes, offset) or offset + directory_bytes + _END.size != size:
        raise FailureError(archive, "zip", "it does not end as Probative ends one")
    file.seek(offset)
    files = _parse_directory(archive, file.read(directory_bytes), count)
    at = 0
    for stored in files:
        file.seek(at)
        header = stored.local_header()
        if stored.offset != at or file.read(len(header)) != header:
            raise FailureError(stored.name, "zip", "its header is not as it was written")
        at = stored.after
    if at != offset:
        raise FailureError(archive, "zip", "it holds bytes that belong to no file")
    return files


def _parse_directory(archive: str, data: bytes, count: int) -> list[Stored]:
    files: list[Stored] = []
    at = 0
    while at < len(data):
        fields = _CENTRAL.unpack_from(data.ljust(at + _CENTRAL.size, b"\0"), at)
        raw = data[at + _CENTRAL.size : at + _CENTRAL.size + fields[12]]
        stored = Stored(raw.decode("ascii", "replace"), fields[9], fields[10], fields[18])
        entry = stored.central_header()
        if not is_safe_name(stored.name) or data[at : at + len(entry)] != entry:
            raise FailureError(
                archive, "zip", f"entry {len(files)} of its directory is not as it was written"
            )
        if files and files[-1].name >= stored.name:
            raise FailureError(archive, "zip", f"'{stored.name}' is out of order or occurs twice")
        files.append(stored)
        at += len(entry)
    if len(files) != count:
        raise FailureError(archive, "zip", f"its directory holds {len(files)} files, not {count}")
    return files


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        data = file.read(min(size, _CHUNK_BYTES))
        if not data:
            return
        size -= len(data)
        yield data


def _walk(root: Path) -> Iterator[str]:
    """Yield the names of all files under `root`; links and strange files are failures, not followed."""
    count = 0
    for folder, folders, files in os.walk(root):
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise FailureError(inside[:_NAME_CHARS_MAX], "name", "it is a link or a special file")
            count += 1
            if count > FILES_MAX:
                raise FailureError(str(root), "name", f"the folder holds more than {FILES_MAX} files")
            if name in files and name not in _LEFT_BY_DESKTOPS:
                yield inside
