"""The pipeline over rows: deadlines, worker processes, frames."""
