"""One folder per accounting package, nothing else. The catalogue finds them by their fact sheet."""
