"""What stands for content: digests of JSON values."""

import hashlib
import json
from typing import Any


def digest(value: Any) -> str:
    """32 hex digits that stand for a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()
