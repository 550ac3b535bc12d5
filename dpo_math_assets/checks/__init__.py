"""Asset checks, one module per asset: what must hold, and what a wrong label would slip through.

A blocking check stops the rest of its own run. None is on the way from logs to pairs, where one
export's trouble is none of the others': what must not go on there is refused by the stage itself,
for that export, and the check shows that it holds.
"""

import dagster as dg

from dpo_math_assets.checks.cleaned_traces import (
    every_trace_is_verified,
    human_verdicts_hold,
    log_agrees,
    verifier_did_not_crash,
)
from dpo_math_assets.checks.dpo_checkpoint import loads_and_generates, training_is_sound
from dpo_math_assets.checks.dpo_dataset import no_prompt_on_both_sides, pairs_follow_traces
from dpo_math_assets.checks.offline_eval_pass_rates import no_regression
from dpo_math_assets.checks.preference_pairs import (
    exports_are_processed,
    no_chosen_is_rejected,
    verdicts_hold_again,
)
from dpo_math_assets.checks.raw_verifier_logs import exports_are_readable, row_balance

CHECKS: list[dg.AssetChecksDefinition] = [
    row_balance,
    exports_are_readable,
    every_trace_is_verified,
    human_verdicts_hold,
    log_agrees,
    verifier_did_not_crash,
    exports_are_processed,
    no_chosen_is_rejected,
    verdicts_hold_again,
    no_prompt_on_both_sides,
    pairs_follow_traces,
    loads_and_generates,
    training_is_sound,
    no_regression,
]

__all__ = [
    "CHECKS",
    "every_trace_is_verified",
    "exports_are_processed",
    "exports_are_readable",
    "human_verdicts_hold",
    "loads_and_generates",
    "log_agrees",
    "no_chosen_is_rejected",
    "no_prompt_on_both_sides",
    "no_regression",
    "pairs_follow_traces",
    "row_balance",
    "training_is_sound",
    "verdicts_hold_again",
    "verifier_did_not_crash",
]
