"""Ed25519 keys in files: made once, readable by their owner only, loaded to sign.

**Promise**: PKCS#8 PEM, file mode 0600 in a directory of mode 0700, never overwritten; looser permissions are
refused; private bytes appear in no `repr`, error or log.
**Not here**: hardware tokens, and which key may sign what (`record`, the trust file).
"""

import errno
import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UnavailableError
from probative.kernel.ids import check_name

_SUFFIX = ".pem"
_KEY_BYTES_MAX = 4096


def key_id_of(public_key: bytes) -> str:
    """Return the key id of a public key: the first 128 bits of its SHA-256, in hex.

    >>> key_id_of(bytes(32))
    '66687aadf862bd776c8fc18b8e9f8e20'
    """
    return hashlib.sha256(public_key).hexdigest()[:32]


class FileSigner:
    """A private key from a file, ready to sign (fulfils `record.ports.Signer`)."""

    __slots__ = ("_key", "_key_id", "_public_key")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        """Hold `key`; only its public half can be read back."""
        self._key = key
        self._public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._key_id = key_id_of(self._public_key)

    @property
    def key_id(self) -> str:
        """The key's short public name."""
        return self._key_id

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `data` (RFC 8032)."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        """Show the public key id and nothing else."""
        return f"FileSigner(key_id={self._key_id!r})"

    def __reduce__(self) -> str:
        """Refuse pickling: a private key must not travel by accident."""
        raise DeniedError("key.not-portable", f"Key {self._key_id} cannot be copied out of its signer.", "")


class KeyRing:
    """The keys of one workspace: a directory with one PEM file a key, named after what it signs."""

    def __init__(self, path: Path) -> None:
        """Use the directory `path`; it is made by the first `create`."""
        self._path = path

    def create(self, name: str) -> FileSigner:
        """Make a new key `name` and return its signer; an existing one is never overwritten.

        The file is complete and on the disk before it gets its name. Raises `ConflictError` when there is
        a key of that name.
        """
        target = self._file(name)
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_mode(self._path, 0o700)
            _write_new(target, pem)
        except FileExistsError as error:
            raise ConflictError(
                "key.exists", f"There is already a key '{name}' in '{self._path}'.", "Choose another name."
            ) from error
        except OSError as error:
            raise UnavailableError(
                "key.unwritable",
                f"Key '{name}' could not be written: {error.strerror}.",
                "Mend it and retry.",
            ) from error
        return FileSigner(key)

    def load(self, name: str) -> FileSigner:
        """Return the signer of key `name`.

        Raises `NotFoundError` when there is none, `DeniedError` when others could read it, `TamperError` when
        the file is not an Ed25519 key.
        """
        target = self._file(name)
        try:
            self._check_mode(self._path, 0o700)
            pem = self._read(target)
        except FileNotFoundError as error:
            raise NotFoundError(
                "key.unknown",
                f"There is no key '{name}' in '{self._path}'.",
                "probative init makes the keys.",
            ) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise DeniedError(
                    "key.linked", f"Key '{name}' is a link, not a file.", f"Look who put '{target}' there."
                ) from error
            raise UnavailableError(
                "key.unreadable", f"Key '{name}' could not be read: {error.strerror}.", "Mend it and retry."
            ) from error
        return FileSigner(_parse(pem, name))

    def names(self) -> tuple[str, ...]:
        """Return the names of all keys, sorted."""
        if not self._path.is_dir():
            return ()
        return tuple(sorted(item.stem for item in self._path.iterdir() if item.suffix == _SUFFIX))

    def _file(self, name: str) -> Path:
        return self._path / f"{check_name(name, 'key')}{_SUFFIX}"

    def _read(self, target: Path) -> bytes:
        """Read through one descriptor: what was checked is what is read, and links are not followed."""
        descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            self._refuse_loose(target, os.fstat(descriptor).st_mode, 0o600)
            return file.read(_KEY_BYTES_MAX)

    def _check_mode(self, path: Path, widest: int) -> None:
        self._refuse_loose(path, path.stat().st_mode, widest)

    def _refuse_loose(self, path: Path, mode: int, widest: int) -> None:
        permissions = stat.S_IMODE(mode)
        if permissions & ~widest:
            raise DeniedError(
                "key.too-open",
                f"'{path}' has mode {permissions:04o}; others could use the key.",
                f"chmod {widest:04o} '{path}'",
            )


def _write_new(target: Path, pem: bytes) -> None:
    """Write beside `target`, make it durable, then give it its name: half a key never has one.

    `os.link` fails when the name is taken, so an existing key survives every race.
    """
    draft = target.with_name(f".{target.stem}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    finally:
        draft.unlink()
    directory = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _parse(pem: bytes, name: str) -> Ed25519PrivateKey:
    """Decode the PEM; the parser's own message is dropped, for it might quote the key."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise TamperError(
            "key.damaged", f"Key '{name}' is not an Ed25519 private key.", "Restore it from your backup."
        )
    return key
