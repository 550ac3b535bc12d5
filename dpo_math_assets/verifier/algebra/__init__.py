"""Trees as mathematics: canonical forms, exact values, equations, sets of real numbers."""
