"""What proves or abstains: ball arithmetic, probing at points, SymPy."""
