"""Conditions of CACAO steps: STIX comparison expressions over playbook variables.

**Promise**: pure; a condition that does not parse is known before a playbook runs; comparing a variable that
has no value is an error, never false.
**Not here**: observed data and time operators of STIX patterns, which CACAO conditions do not use.

Grammar (STIX 2.1, section 9.4 and 9.6): comparisons `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN (...)`, `LIKE`, each
optionally after `NOT`, joined by `AND` and `OR`, with parentheses. A variable is written `__name__:value`.
`MATCHES`, `ISSUBSET` and `ISSUPERSET` are refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from probative.kernel.errors import UsageError

CONDITION_CHARS_MAX = 2_000
_DEPTH_MAX = 32
REFERENCE = re.compile(r"(__[A-Za-z_][A-Za-z0-9_-]{0,199}__):value")
_TOKEN = re.compile(
    r"\s*(?:(?P<variable>__[A-Za-z_][A-Za-z0-9_-]{0,199}__:value)"
    r"|(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<mark>!=|<=|>=|=|<|>|\(|\)|,))"
)
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Values = Mapping[str, str | None]


class Token(NamedTuple):
    """A piece of a condition: what it is and its text."""

    kind: str
    text: str


class Condition:
    """A parsed condition; `variables` are the names it refers to."""

    def __init__(self, text: str, variables: frozenset[str], test: Callable[[Values], bool]) -> None:
        """Use `parse_condition`."""
        self.text = text
        self.variables = variables
        self._test = test

    def holds(self, values: Values) -> bool:
        """Tell whether the condition holds; a variable without a value raises `UsageError`."""
        return self._test(values)


def parse_condition(text: str) -> Condition:
    """Parse a condition; anything outside the grammar raises `UsageError` with the place.

    >>> parse_condition("__disparity__:value < 0.8 AND NOT __mode__:value = 'drill'").holds(
    ...     {"__disparity__": "0.71", "__mode__": "live"})
    True
    """
    if len(text) > CONDITION_CHARS_MAX:
        raise _malformed(text, "it is too long")
    parser = _Parser(text, _tokens(text))
    test = parser.either(0)
    if parser.peek() is not None:
        raise _malformed(text, f"'{parser.next_text()}' is left over")
    return Condition(text, frozenset(REFERENCE.findall(text)), test)


def _tokens(text: str) -> list[Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _malformed(text, f"character {at + 1} is not understood")
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind]))
        at = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens; every method returns the test of what it read."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    def peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def next_text(self) -> str:
        token = self.peek()
        if token is None:
            raise _malformed(self._text, "it ends too early")
        self._at += 1
        return token.text

    def either(self, depth: int) -> Callable[[Values], bool]:
        tests = [self._both(depth)]
        while self._takes("OR"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)

    def _both(self, depth: int) -> Callable[[Values], bool]:
        tests = [self._single(depth)]
        while self._takes("AND"):
            tests.append(self._single(depth))
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _single(self, depth: int) -> Callable[[Values], bool]:
        if depth > _DEPTH_MAX:
            raise _malformed(self._text, "it nests too deeply")
        if self._takes("NOT"):
            inner = self._single(depth + 1)
            return lambda values: not inner(values)
        if self._takes("("):
            inner = self.either(depth + 1)
            if not self._takes(")"):
                raise _malformed(self._text, "a parenthesis is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Callable[[Values], bool]:
        left = self._operand()
        negated = self._takes("NOT")
        operator = self.next_text().upper()
        test = self._compared(left, operator)
        return (lambda values: not test(values)) if negated else test

    def _compared(self, left: Callable[[Values], str], operator: str) -> Callable[[Values], bool]:
        if operator == "IN":
            members = self._members()
            return lambda values: any(_equal(left(values), member(values)) for member in members)
        right = self._operand()
        if operator == "LIKE":
            return lambda values: _like(left(values), right(values))
        if operator == "=":
            return lambda values: _equal(left(values), right(values))
        if operator == "!=":
            return lambda values: not _equal(left(values), right(values))
        if operator in _ORDER:
            compare = _ORDER[operator]
            return lambda values: compare(_number(left(values)), _number(right(values)))
        raise _malformed(self._text, f"'{operator}' is no operator known here")

    def _members(self) -> list[Callable[[Values], str]]:
        if not self._takes("("):
            raise _malformed(self._text, "IN needs a list in parentheses")
        found = [self._operand()]
        while self._takes(","):
            found.append(self._operand())
        if not self._takes(")"):
            raise _malformed(self._text, "a list is not closed")
        return found

    def _operand(self) -> Callable[[Values], str]:
        token = self.peek()
        text = self.next_text()
        if token is not None and token.kind == "variable":
            name = text.removesuffix(":value")
            return lambda values: _value(name, values)
        if token is not None and token.kind == "text":
            plain = re.sub(r"\\(.)", r"\1", text[1:-1])
            return lambda _values: plain
        if token is not None and (token.kind == "number" or text.lower() in ("true", "false")):
            return lambda _values: text.lower()
        raise _malformed(self._text, f"'{text}' is neither a variable nor a value")

    def _takes(self, text: str) -> bool:
        token = self.peek()
        if token is None or token.kind == "text" or token.text.upper() != text:
            return False
        self._at += 1
        return True


def _value(name: str, values: Values) -> str:
    found = values.get(name)
    if found is None:
        raise UsageError(
            "condition.no-value", f"The variable '{name}' has no value yet.", "Answer the step that sets it."
        )
    return found


def _equal(left: str, right: str) -> bool:
    try:
        return float(left) == float(right)
    except ValueError:
        return left == right


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            "condition.not-number", f"'{text[:80]}' cannot be ordered: it is no number.", "Give a number."
        ) from None


def _like(text: str, pattern: str) -> bool:
    wanted = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(wanted, text, re.DOTALL) is not None


def _malformed(text: str, why: str) -> UsageError:
    return UsageError(
        "condition.malformed", f'The condition "{text[:120]}" cannot be read: {why}.', "Mend the playbook."
    )
