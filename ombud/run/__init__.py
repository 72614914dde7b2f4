"""`ombud run` and `ombud demo`: everything on this machine, started, fed, watched, accounted for, stopped."""
