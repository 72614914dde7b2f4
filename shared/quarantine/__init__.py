"""Dead letters of every service: looked at, worked off again, thrown away. `doors.py` is what each service.py calls."""
