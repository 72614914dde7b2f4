"""How the whole system stands now: looked at, judged, shown; for `ombud status`."""
