"""Django's way to PostgreSQL, which tells it before each statement for whom this thread works."""
