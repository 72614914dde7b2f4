"""What a user of the command line can put right; raised anywhere in ombud/, printed by main.py on one line."""


class Trouble(Exception):
    """Something stands in the way; the text says in one line what to do about it."""
