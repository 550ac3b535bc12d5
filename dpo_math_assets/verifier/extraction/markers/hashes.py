"""`#### 5`, as GSM8K marks its answers."""

import re

from dpo_math_assets.verifier.extraction.candidate import Anchor, Candidate, Finder
from dpo_math_assets.verifier.extraction.tokens import CHOICE, NUMBER

_NEEDLE = "#{4,}"
# Four hashes are a Markdown heading too: an answer begins like a value and is no numbered title.
_HASHES = re.compile(
    rf"(?<!#)#{{4,}}+[ \t]*+(?=[-+$€£.(\\\[{{\d]|{CHOICE}\s*$)(?!\d+[.)]\s+[A-Za-z])([^\n]*)",
    re.MULTILINE,
)


def _find(text: str) -> list[Candidate]:
    begins = text.find("####")
    if begins < 0:
        return []
    found = _HASHES.finditer(text, begins)
    return [
        Candidate(mark.start(), mark.start(1), "" if mark[1].rstrip().endswith("?") else mark[1])
        for mark in found
    ]


_ALONE = rf"#{{4,}}[ \t]*-?\$?{NUMBER}[ \t]*(?:\n|$)"
HASHES = Finder(
    "marker.hashes",
    "hashes",
    (_NEEDLE,),
    _find,
    (
        # below a sentence that has ended, or a line that vetoes nothing
        Anchor(_NEEDLE, r"[A-Za-z\d][^\n]*\.\s*\n()", _ALONE),
        Anchor(_NEEDLE, r"[A-Za-z\d][^\n]*\n(?:\s*\n)?()", _ALONE, clear=True),
    ),
)
