"""What waits in a service's outbox, as operators may see it: `GET /v1/outbox`, the same in every service."""
