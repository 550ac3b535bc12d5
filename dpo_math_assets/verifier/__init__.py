"""math.sympy.verify: is the final answer of a completion equal to the gold answer.

Extract, parse, compare, verdict: `verify` does it for one completion, `verify_frame` for a frame.
`CONVENTIONS.md` beside this file says how answers are read where projects differ.
"""

from dpo_math_assets.verifier.conventions import Conventions, version_of
from dpo_math_assets.verifier.custom_units import CustomUnit
from dpo_math_assets.verifier.extraction.candidate import Extraction
from dpo_math_assets.verifier.runtime.explain import Explanation, explain
from dpo_math_assets.verifier.runtime.frames import verify_frame
from dpo_math_assets.verifier.runtime.pipeline import compare, extract, verify
from dpo_math_assets.verifier.verdict import VERIFIER_VERSION, Verdict

__all__ = [
    "VERIFIER_VERSION",
    "Conventions",
    "CustomUnit",
    "Explanation",
    "Extraction",
    "Verdict",
    "compare",
    "explain",
    "extract",
    "verify",
    "verify_frame",
    "version_of",
]
