"""The agent's screens in the browser, on this computer's own address alone."""
