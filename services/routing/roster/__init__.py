"""The agents: what is accepted and shown of them, how they are stored and kept in memory."""
