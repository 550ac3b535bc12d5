"""The embedded default: problems, a small model and its first log, all made here."""
