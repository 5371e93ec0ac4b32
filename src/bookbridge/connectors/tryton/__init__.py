"""Tryton: a connector, and what puts a real Tryton behind its tests."""
