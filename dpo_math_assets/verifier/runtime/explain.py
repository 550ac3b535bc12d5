"""How a verdict came about: the same verdict again, with the rules that were applied."""

from dataclasses import dataclass

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.rules import CONVENTIONS_PAGE, PAGE, rules
from dpo_math_assets.verifier.runtime.pipeline import verify
from dpo_math_assets.verifier.trace import Step, recording
from dpo_math_assets.verifier.verdict import Verdict

# Characters of a text that is shown.
SHOWN = 200

_DEFAULT = Conventions()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict and the rules that led to it, in the order in which they were applied."""

    verdict: Verdict
    steps: tuple[Step, ...]

    def as_rows(self) -> list[dict[str, str]]:
        """The steps as JSON objects: the rule, why, where it is explained, before and after.

        `convention` is the section of CONVENTIONS.md that the rule belongs to, or empty.
        """
        return [
            {
                "rule": step.rule,
                "why": rule.why,
                "see": f"{PAGE}#{rule.id}",
                "convention": f"{CONVENTIONS_PAGE}#{rule.convention}" if rule.convention else "",
                "before": _shown(step.before),
                "after": _shown(step.after),
            }
            for step in self.steps
            for rule in (rules()[step.rule],)
        ]

    @property
    def decided_by(self) -> str | None:
        """The last rule that changed what is read; the witness shows only what came of it."""
        rules_applied = [step.rule for step in self.steps if not step.rule.startswith("witness.")]
        return rules_applied[-1] if rules_applied else None

    def as_text(self) -> str:
        """A line for each step, for a sheet or a terminal."""
        return "\n".join(
            f"{row['rule']} ({row['why']}): {row['before']} -> {row['after']}"
            for row in self.as_rows()
        )


def explain(
    candidate: str | None,
    ground_truth: str | None,
    conventions: Conventions = _DEFAULT,
    *,
    prompt: str | None = None,
    timeout_s: float = 5.0,
) -> Explanation:
    """The verdict of `verify` on a completion, and how it came about.

    A rule that is applied again and again to the same text is listed once.
    """
    with recording() as steps:
        verdict = verify(candidate, ground_truth, conventions, prompt=prompt, timeout_s=timeout_s)
    return Explanation(verdict, tuple(dict.fromkeys(steps)))


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN // 2]} … {line[-SHOWN // 2 :]}"
