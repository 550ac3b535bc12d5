"""The names under which a store keeps what the stages make: a folder each."""

# By export: partitions, each a Parquet file with a record of what it was made of.
RAW = "raw_verifier_logs"
QUARANTINE = "quarantined_lines"
CLEANED = "cleaned_traces"
PAIRS = "preference_pairs"
PAIRS_HISTORY = "preference_pairs_history"

# By model, partitions as well: before training, after it, and the control that was only shown the
# correct completions.
SAMPLES = "eval_samples"
UNJUDGED = "eval_samples/unjudged"
BASE, DPO, SFT = MODELS = ("base", "dpo", "sft")

# Folders with versions.
AUDIT = "label_audit"
DATASET = "dpo_dataset"
CHECKPOINT = "dpo_checkpoint"
PASS_RATES = "offline_eval_pass_rates"
RELEASE = "release_candidate"

# In a checkpoint's version: the model, and the control where it was asked for.
MODEL = "model"
CONTROL = "sft_control"

# What lies beside them: exports and their manifest, people's own verdicts, and the states of
# training that a killed run goes on from.
LOG_EXPORTS = "log_exports"
OVERRIDES = "overrides"
STATES = "training_states"
