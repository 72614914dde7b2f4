"""Which alerts there are, by which channel and when, and how they end. For usecases.py and whoever ends alerts."""
