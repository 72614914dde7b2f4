"""Supervisors, and who is on duty. For the doors, and for whoever asks whom a level means."""
