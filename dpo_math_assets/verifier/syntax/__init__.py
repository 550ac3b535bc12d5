"""An answer's text becomes a typed tree: normalization, rewrites, lexer, grammar, nodes."""
