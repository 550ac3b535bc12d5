"""What is data: units, names of functions, LaTeX commands, words of each language."""
