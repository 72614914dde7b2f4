"""The policy file: its form, what is read from it, the one in force, what the agents cannot do under it."""
