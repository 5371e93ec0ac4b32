"""The pages a bookkeeper sees."""
