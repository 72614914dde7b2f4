"""What the doors take and answer, for the document of the API, a file each subject; api.py puts them together."""
