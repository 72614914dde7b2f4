"""Who gets which complaint, and who waits: choosing an agent, the line, loads."""
