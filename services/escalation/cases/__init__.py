"""Cases as they are kept, announced and listed. For whatever opens, changes or shows them."""
