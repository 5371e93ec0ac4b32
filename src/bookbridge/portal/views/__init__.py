"""One module for each part of the portal. A view finds its organisation through organisations.access alone."""
