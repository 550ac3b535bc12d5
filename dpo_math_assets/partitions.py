"""Partitions: what the assets are cut by, one definition each."""

import dagster as dg

from dpo_math_assets.stages.artifacts import MODELS

# One partition an export file; keys are registered by the sensor, in order of arrival.
EXPORTS = "log_exports"
export_partitions = dg.DynamicPartitionsDefinition(name=EXPORTS)

# The models whose samples are compared.
model_partitions = dg.StaticPartitionsDefinition(list(MODELS))


def range_tags(first: str, last: str) -> dict[str, str]:
    """Tags that make one run of the partitions from `first` to `last`, in order of insertion."""
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }


ALL_MODELS = range_tags(MODELS[0], MODELS[-1])
