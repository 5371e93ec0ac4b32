"""Multivers Online: relations, invoices, memorials and open items through its REST API."""
