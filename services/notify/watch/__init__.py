"""Whether notify does what it is for: books, heartbeat, last resort, numbers. For usecases.py and service.py."""
