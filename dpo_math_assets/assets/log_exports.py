"""The landing area as an external asset, so that lineage starts where the data does."""

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS

log_exports = dg.AssetSpec(
    "log_exports",
    description=(
        "Log exports of the runtime, as files in the landing area. The sensor `new_log_exports` "
        "registers each finished file as a partition and reports it here. They are put there by "
        "hand, or by the job `export_task_traces`, which reads the runtime's database."
    ),
    group_name=GROUP,
    owners=OWNERS,
    kinds={"file", "json"},
)
