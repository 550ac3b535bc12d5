"""Labels of the user's own that mark an answer as `Answer:` does: `verification.markers`."""

import re

from dpo_math_assets.verifier.extraction.candidate import (
    Anchor,
    Candidate,
    Finder,
    last_occurrences,
)
from dpo_math_assets.verifier.extraction.markers.final_answer import LINE_ABOVE, stated
from dpo_math_assets.verifier.extraction.markers.lines import rest


def custom_finder(labels: tuple[str, ...]) -> Finder:
    """A finder of these labels, where they begin a word."""

    def find(text: str) -> list[Candidate]:
        found = []
        for label in labels:
            for at in last_occurrences(text, label):
                if not (label[0].isalnum() and text[at - 1 : at].isalnum()):
                    end = at + len(label)
                    found.append(stated(end, rest(text, end)))
        return found

    needles = tuple(map(re.escape, labels))
    anchors = [Anchor(needle, LINE_ABOVE + r"([*#_> \t]{0,20})", needle) for needle in needles]
    return Finder("marker.phrases", "label", needles, find, tuple(anchors))
