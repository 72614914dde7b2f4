"""What routing decides, without a database: what a complaint needs, who qualifies, who is chosen, what events change."""
