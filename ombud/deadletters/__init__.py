"""`ombud deadletters`: what the services put aside."""
