"""`ombud policy try`: one complaint through the decisions of the services, without any of them running."""
