"""Words that mean the same in every policy. Used by those who read policies and by the decisions."""

NONE = "none"  # this plays no part
ANY = "*"  # in a condition: any value, as long as it is known
