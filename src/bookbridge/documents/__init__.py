"""What is exchanged: customers, suppliers, invoices, journal entries, outstanding items; money, keys, fingerprints, problems. Pure."""
