"""What routing decides, without a database: what a complaint needs, who is chosen, and what events change."""
