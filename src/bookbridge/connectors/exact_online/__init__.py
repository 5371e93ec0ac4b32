"""Exact Online: entries, relations and open items through its REST API v1."""
