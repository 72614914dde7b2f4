"""Everything that is written from the code and not by hand: `python -m apidocs`. What it makes: `__main__.py`."""
