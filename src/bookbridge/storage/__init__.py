"""Object storage: inbox, archive and outbox in a local folder or an S3-compatible bucket."""
