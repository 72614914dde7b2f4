"""What escalation decides, without a database: the ladder, the case, and the decisions about it."""
