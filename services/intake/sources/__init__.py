"""Upstream systems that send webhooks, a file or a preset each; listed in kinds.py. For webhooks.py."""
