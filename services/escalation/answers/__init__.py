"""What people do with cases: the forms, the decision each asks for, and how it is taken. For doors, pages, replies."""
