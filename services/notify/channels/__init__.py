"""Ways of reaching people, a file each, and what stands before their providers. Made by lines.py, for the senders."""
