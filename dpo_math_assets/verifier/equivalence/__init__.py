"""Two trees compared: equal, different, or unknown."""
