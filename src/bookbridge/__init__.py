"""Bookbridge carries financial documents between operational systems and accounting packages, each exactly once."""
