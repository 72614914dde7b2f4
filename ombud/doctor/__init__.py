"""What `ombud doctor` looks at: one file a subject, each of which makes checks; command.py runs them and shows them."""
