"""What the pages read. Every function is given the organisation and asks for nothing outside it."""
