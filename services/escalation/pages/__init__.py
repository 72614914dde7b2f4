"""The page behind the signed link of an alert: templates, style, and what renders them (`page.py`)."""
