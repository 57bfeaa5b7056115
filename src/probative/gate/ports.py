"""What the gate needs from the world: a signer in the approver's own hands.

**Promise**: approvals are signed by the person who approves; the gate never holds anybody's key.
**Not here**: evidence: the gate reads it from the record (`record.recorder`), like every room.
"""

from probative.record.ports import Signer

__all__ = ["Signer"]
