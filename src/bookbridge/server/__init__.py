"""Settings, addresses, jobs and the embedded PostgreSQL."""
