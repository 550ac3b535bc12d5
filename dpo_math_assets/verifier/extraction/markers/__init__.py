"""A finder for each kind of marker that a final answer stands behind."""
