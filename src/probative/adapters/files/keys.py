"""Ed25519 keys in files: made once, readable by their owner only, loaded to sign.

**Promise**: PKCS#8 PEM, file mode 0600 in a directory of mode 0700, never overwritten; looser permissions are
refused; private bytes appear in no `repr`, error or log.
**Not here**: hardware tokens, and which key may sign what (`record`, the trust file).
"""

import errno
import hashlib
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

from probative.adapters.files import durable
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError
from probative.kernel.ids import check_name

_SUFFIX = ".pem"
_KEY_BYTES_MAX = 4096
_WRITING = durable.Words("key.unwritable", "Key '{path.stem}' could not be written", "Mend it and retry.")
_READING = durable.Words("key.unreadable", "Key '{path.stem}' could not be read", "Mend it and retry.")


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
        with durable.translated(target, _WRITING):
            durable.make_folder(self._path, 0o700)
            self._check_folder()
            with durable.staged(self._path, 0o600) as draft:
                draft.file.write(pem)
                try:
                    draft.create(target)
                except FileExistsError as error:
                    raise ConflictError(
                        "key.exists",
                        f"There is already a key '{name}' in '{self._path}'.",
                        "Choose another name.",
                    ) from error
        return FileSigner(key)

    def load(self, name: str) -> FileSigner:
        """Return the signer of key `name`.

        Raises `NotFoundError` when there is none, `DeniedError` when others could read it, `TamperError` when
        the file is not an Ed25519 key.
        """
        target = self._file(name)
        try:
            self._check_folder()
            pem, mode = durable.read_private(target, _KEY_BYTES_MAX)
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
            raise _READING.error(target, error) from error
        _refuse_loose(target, mode, 0o600)
        return FileSigner(_parse(pem, name))

    def names(self) -> tuple[str, ...]:
        """Return the names of all keys, sorted."""
        if not self._path.is_dir():
            return ()
        return tuple(sorted(item.stem for item in self._path.iterdir() if item.suffix == _SUFFIX))

    def _file(self, name: str) -> Path:
        return self._path / f"{check_name(name, 'key')}{_SUFFIX}"

    def _check_folder(self) -> None:
        _refuse_loose(self._path, stat.S_IMODE(self._path.stat().st_mode), 0o700)


def _refuse_loose(path: Path, mode: int, widest: int) -> None:
    if mode & ~widest:
        raise DeniedError(
            "key.too-open",
            f"'{path}' has mode {mode:04o}; others could use the key.",
            f"chmod {widest:04o} '{path}'",
        )


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
