"""The conformance suite: what every connector must do, tried over real HTTP against its package's simulator."""
