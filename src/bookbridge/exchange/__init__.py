"""Runs, lines and postings: intake, preflight, the exactly-once protocol, outstanding items, reconciliation."""
