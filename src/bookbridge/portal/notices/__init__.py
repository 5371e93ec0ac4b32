"""Notices by mail: what is to be told to whom, and its words."""
