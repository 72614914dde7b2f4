"""`ombud roster`: people in one file, each part sent to its service."""
