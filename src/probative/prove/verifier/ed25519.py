"""Ed25519 signatures checked in pure Python (RFC 8032, section 5.1.7).

**Promise**: strict: S below the group order, points in their one encoding, no cofactor; under a millisecond
a signature once a key has been seen.
**Not here**: signing, and secrets of any kind (nothing here runs in constant time).
"""

import functools
import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_BASE = (4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")
_NEUTRAL = (0, 1, 1, 0)
_WINDOW_BITS = 4


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) of `message` was made with the key of `public_key` (32 bytes)."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public_key) != 32 or len(signature) != 64 or scalar >= _ORDER:
        return False
    base, key = _multiples(_BASE, False), _multiples(public_key, True)
    if base is None or key is None:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    total = _NEUTRAL
    for row in range(256 // _WINDOW_BITS):
        total = _add(_add(total, base[row][scalar & 15]), key[row][challenge & 15])
        scalar, challenge = scalar >> _WINDOW_BITS, challenge >> _WINDOW_BITS
    return _compress(total) == signature[:32]


@functools.lru_cache(maxsize=16)
def _multiples(encoded: bytes, negate: bool) -> list[list[tuple[int, int, int, int]]] | None:
    """Return 64 rows of 16 multiples of a point: with them, multiplying is adding, without doublings."""
    point = _decompress(encoded)
    if point is None:
        return None
    step = (_P - point[0], point[1], 1, _P - point[3]) if negate else point
    rows = []
    for _ in range(256 // _WINDOW_BITS):
        row = [_NEUTRAL]
        for _ in range(1 << _WINDOW_BITS):
            row.append(_add(row[-1], step))
        step = row.pop()
        rows.append(row)
    return rows


def _add(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Add two points in extended coordinates (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (two[1] - two[0])
    b = (one[1] + one[0]) * (two[1] + two[0])
    c = one[3] * two[3] * 2 * _D
    d = one[2] * two[2] * 2
    e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _decompress(encoded: bytes) -> tuple[int, int, int, int] | None:
    """Decode a point (RFC 8032, section 5.1.3); `None` for what is no point or a second spelling of one."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _compress(point: tuple[int, int, int, int]) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
