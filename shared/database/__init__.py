"""Transactions of a service on its own schema, PostgreSQL or one SQLite file; use cases get one as `tx`."""

from shared.bulk import Row
from shared.database.database import Database
from shared.database.engines import WrongUrl, checked_url
from shared.database.green_wait import install_green_wait
from shared.database.transaction import Transaction

__all__ = ["Database", "Row", "Transaction", "WrongUrl", "checked_url", "install_green_wait"]
