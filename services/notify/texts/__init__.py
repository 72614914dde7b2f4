"""Everything that notify says to people, in their language. For the senders, the doors and usecases.py."""
