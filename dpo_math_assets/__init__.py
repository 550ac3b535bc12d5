"""Turn solver and verifier logs into better math models: traces, preference pairs, DPO, evaluation.

The folders from left to right, each importing only what stands to its left:
verifier, traces, pairs, training, evaluation. `demo` and the Dagster graph sit on top of them.
"""
