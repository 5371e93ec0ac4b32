"""Where documents come from: the file drop."""
