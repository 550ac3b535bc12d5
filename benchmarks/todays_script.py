"""The pair builder that people use today, written anew from its documented behaviour.

It reads flat lines `{trace_id, prompt, candidate | solver_output, ground_truth, ok}` and writes
`{prompt, chosen, rejected, meta}`. It is a baseline to measure against, faults included: lines that
are not JSON or lack a text are dropped without a word, any `ok` that Python takes for true counts
as right, nothing is verified, and every right completion is paired with every wrong one.
"""

import json
from collections import defaultdict
from pathlib import Path


def build_pairs(log: Path, out: Path) -> int:
    """Read the whole log, write all its pairs; gives their number."""
    groups: dict[tuple[str, str], tuple[list[dict], list[dict]]] = defaultdict(lambda: ([], []))
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            prompt = str(record.get("prompt", "")).strip()
            truth = str(record.get("ground_truth", "")).strip()
            answer = str(record.get("candidate") or record.get("solver_output") or "").strip()
            if not (prompt and truth and answer):
                continue
            attempt = {"trace_id": record.get("trace_id"), "text": answer}
            groups[prompt, truth][0 if record.get("ok") else 1].append(attempt)
    pairs = 0
    with out.open("w", encoding="utf-8") as target:
        for (prompt, _), (passed, failed) in groups.items():
            for right in passed:
                for wrong in failed:
                    meta = {
                        "trace_id_pass": right["trace_id"],
                        "trace_id_fail": wrong["trace_id"],
                        "verifier": "math.sympy.verify",
                    }
                    pair = {"prompt": prompt, "chosen": right["text"], "rejected": wrong["text"]}
                    target.write(json.dumps({**pair, "meta": meta}) + "\n")
                    pairs += 1
    return pairs
