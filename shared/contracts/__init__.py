"""What the services tell each other: one file per publisher, and the table of who needs what (`topology.py`)."""
