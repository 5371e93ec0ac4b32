"""Where documents come from: files that are dropped in an inbox."""
