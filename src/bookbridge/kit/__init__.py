"""What a connector is: contract, outcomes, fact sheet, catalogue; HTTP, OAuth2, budgets; simulation, conformance."""
