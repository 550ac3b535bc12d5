"""math.sympy.verify where people verify today: one thin module per library.

A module imports its library only when it is imported itself, and nothing else of this package
imports it. `docs/adapters.md` shows the lines to write, and what each library gets for an answer
that is undecided.
"""
