"""Bytes to documents and back, by layout profiles that a site adjusts without code. Pure."""
