"""The lineage without Dagster: what each stage makes, of what, and what it refuses.

`artifacts`   the names under which a store keeps what the stages make
`workspace`   the one object that every stage works in: store, landing area, settings
`ingest`      export → raw traces → cleaned traces → pairs
`up_to_date`  which of these are not what they have to be now
`ranges`      a stage over many exports, of which one that fails keeps no other from its work
`dataset`     all pairs → training set and held-out problems; the labels most worth a look
`training`    dataset → checkpoint
`evaluation`  checkpoint → judged samples → pass rates and the gate's decision
`release`     evaluated checkpoint → release candidate
`retention`   which old checkpoints and evaluations go
`tasks`       training and sampling, in this process or in one of its own
`origins`     what evaluations and release candidates say they were made of

A stage takes a `Workspace` and gives a frozen dataclass. The asset graph turns that into metadata,
the command line into a sentence; neither decides anything. From Python:

    workspace = Workspace.at(Path("data"))
    workspace.landing.register(settle_seconds=10)
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, exports)
    for key in exports:
        pair_partition(workspace, key, inputs)
    publish_dataset(workspace, run_id="by-hand")
    tasks = InThisProcess(print)
    publish_checkpoint(workspace, "by-hand", tasks)
    sample_checkpoint(workspace, MODELS, tasks)
    publish_evaluation(workspace, "by-hand")
    publish_release(workspace, "by-hand")
"""
