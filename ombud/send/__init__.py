"""`ombud send`: lines of a file as upstream messages, published with the broker's word on each."""
