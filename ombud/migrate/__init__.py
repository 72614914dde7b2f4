"""`ombud migrate`: the schemas of the databases, and what a service's role may do there."""
