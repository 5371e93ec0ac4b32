"""Minox Online: entries, relations and open items through its REST API 1."""
