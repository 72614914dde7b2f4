"""The one error that the private servers raise; the command line and the tests print it as it is, on one line."""


class LocalError(Exception):
    """A private server cannot be had or started here; the text says in one line what to do."""
