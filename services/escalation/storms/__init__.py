"""Many complaints alike, on the tables. For usecases.py, a tick of service.py, and their door."""
