"""What comes in by HTTP, read and checked, and what goes out; used by service.py; its queries also by documents/."""
