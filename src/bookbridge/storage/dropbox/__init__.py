"""The S3 drop box: an S3-compatible endpoint for agents that have no cloud account. Knows no web framework."""
