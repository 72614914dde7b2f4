"""Contacts: what is told of them, kept, and shown. For usecases.py, service.py and the plans."""
