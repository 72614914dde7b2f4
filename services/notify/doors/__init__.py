"""What comes in by HTTP, read and checked, where there is more to it than a body; used by service.py and api.py."""
