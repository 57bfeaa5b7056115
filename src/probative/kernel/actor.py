"""The actor behind a fact: a pseudonymous id, the role acted in, and the authority for it.

**Promise**: no name or address of a person; an erasable directory maps ids to people.
**Not here**: authentication, and which role may do what (each room decides that).
"""

import msgspec

from probative.kernel.ids import check_name


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who did it: `id` is a pseudonym, `role` a RACI role, `authority` what entitles them (may be empty).

    >>> Actor(id="p-017", role="model-owner").role
    'model-owner'
    """

    id: str
    role: str
    authority: str = ""

    def __post_init__(self) -> None:
        """Refuse ids and roles that are not plain names."""
        check_name(self.id, "actor")
        check_name(self.role, "role")
