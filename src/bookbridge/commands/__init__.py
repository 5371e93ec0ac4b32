"""The commands of the bookbridge program, one module each."""
