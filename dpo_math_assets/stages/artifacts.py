"""The names under which a store keeps what the stages make: a folder each."""

# By export: partitions, each a Parquet file with a record of what it was made of.
RAW = "raw_verifier_logs"
QUARANTINE = "quarantined_lines"
CLEANED = "cleaned_traces"
PAIRS = "preference_pairs"
PAIRS_HISTORY = "preference_pairs_history"

# Folders with versions.
AUDIT = "label_audit"
DATASET = "dpo_dataset"

# What is not made but put there: exports and their manifest, and people's own verdicts.
LOG_EXPORTS = "log_exports"
OVERRIDES = "overrides"
