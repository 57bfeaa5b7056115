"""The vault for protected attributes: AES-256-GCM under a key from a file, one derived key a segment.

**Promise**: what is sealed opens only with the vault's key and only in the place it was sealed for; the key
file is private (0600), made once, never overwritten, and shown nowhere.
**Not here**: who may read (`record.decisions.log` asks for a recorded authorisation).

A piece is a 96-bit random nonce and the ciphertext with its 128-bit tag (NIST SP 800-38D); the place is
authenticated with it. The segment's key is HKDF-SHA256 (RFC 5869) of the vault's key, so that random nonces
stay far below the 2^32 messages that one key may seal.
"""

import contextlib
import os
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from probative.adapters.files import durable
from probative.kernel.errors import DeniedError, NotFoundError, TamperError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_INFO = b"probative protected attributes 1\x00"
_WORDS = durable.Words(
    "vault.unavailable",
    "The vault key '{path}' cannot be used",
    "Mend the folder's permissions, then send the batch again.",
)


class FileVault:
    """A `Vault` whose key lies in one file."""

    def __init__(self, path: Path) -> None:
        """Use the key file at `path`; it is made when something is sealed for the first time."""
        self._path = path
        self._ciphers: dict[str, AESGCM] = {}

    def seal(self, data: bytes, segment: str, place: str) -> bytes:
        """Encrypt `data` for `place` in `segment`."""
        if not self._path.exists():
            self._create()
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher(segment).encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, segment: str, place: str) -> bytes:
        """Decrypt what was sealed for `place` in `segment`; anything else raises `TamperError`."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher(segment).decrypt(nonce, text, place.encode())
        except (InvalidTag, ValueError) as error:
            raise TamperError(
                "vault.sealed-damaged",
                f"Protected values of segment {segment} at {place} do not open with this vault's key.",
                "Check that the key file is theirs, then run 'probative record verify'.",
            ) from error

    def __repr__(self) -> str:
        """Show the path and nothing else."""
        return f"FileVault({str(self._path)!r})"

    def _cipher(self, segment: str) -> AESGCM:
        if segment not in self._ciphers:
            derive = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_INFO + segment.encode())
            # One entry is enough: segments are sealed and read one after the other.
            self._ciphers = {segment: AESGCM(derive.derive(self._key))}
        return self._ciphers[segment]

    @cached_property
    def _key(self) -> bytes:
        with durable.translated(self._path, _WORDS):
            try:
                key, mode = durable.read_private(self._path, _KEY_BYTES + 1)
            except FileNotFoundError as error:
                raise NotFoundError(
                    "vault.key-missing",
                    f"There is no vault key '{self._path}'.",
                    "Restore it from your backup: protected attributes cannot be read without it.",
                ) from error
        if mode & 0o077:
            raise DeniedError(
                "vault.key-open",
                f"'{self._path}' has mode {mode:04o}; others could read protected attributes.",
                f"chmod 0600 '{self._path}'",
            )
        if len(key) != _KEY_BYTES:
            raise TamperError(
                "vault.key-damaged", f"'{self._path}' is not a vault key.", "Restore it from your backup."
            )
        return key

    def _create(self) -> None:
        """Make the key under another name first: whoever finds the file finds it whole."""
        with durable.translated(self._path, _WORDS):
            durable.make_folder(self._path.parent, 0o700)
            with durable.staged(self._path.parent, 0o600) as draft:
                draft.file.write(os.urandom(_KEY_BYTES))
                # When two processes make the key at once, one of them wins.
                with contextlib.suppress(FileExistsError):
                    draft.create(self._path)
