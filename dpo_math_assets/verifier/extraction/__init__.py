"""Where in a completion its final answer stands."""
