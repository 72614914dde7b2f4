"""What notify decides, without a database: who is alerted, by which channel, when, and what follows."""
