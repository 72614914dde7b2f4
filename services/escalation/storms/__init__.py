"""Many complaints alike, on the tables. For usecases.py and a tick of service.py."""
