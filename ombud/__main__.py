"""`python -m ombud`: the same as the console script."""

from ombud.main import main

main()
