"""What intake decides, without a database: what a complaint is, what changes it, which are one matter, how they end."""
