"""`ombud policy`: the mistakes in policies, and in trial/ what would happen by them."""
