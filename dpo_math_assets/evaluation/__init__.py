"""Offline evaluation: samples from the models, judged, compared with intervals, and the gate.

schema → sampling → judge → statistics → gate, then plots and the report. The one order they are
used in is spelled out in `run.evaluate`.
"""
