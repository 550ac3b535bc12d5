"""Offline evaluation: samples of the models, judged, compared with intervals, and the gate.

In order of use: `prompts` and `sampling` draw completions, `judge` verifies them, `run` makes of
them a folder with pass rates (`statistics`), the gate's decision (`gate`) and a page (`report`).
"""
