"""Twinfield: transactions, relations and open items through its XML web services."""
