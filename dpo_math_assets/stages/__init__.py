"""The lineage without Dagster: what each stage makes, of what, and what it refuses.

`artifacts`   the names under which a store keeps what the stages make
`workspace`   the one object that every stage works in: store, landing area, settings
`ingest`      export → raw traces → cleaned traces → pairs
`up_to_date`  which of these are not what they have to be now
`dataset`     all pairs → training set and held-out problems

A stage takes a `Workspace` and gives a frozen dataclass. The asset graph turns that into metadata,
the command line into a sentence; neither decides anything.
"""
