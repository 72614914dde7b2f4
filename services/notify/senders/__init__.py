"""From an alert that is due to its outcome: claim, hand-off, outcome. Made by provider.py, reaped by usecases.py."""
