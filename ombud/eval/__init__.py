"""`ombud eval`: how well complaints are read."""
