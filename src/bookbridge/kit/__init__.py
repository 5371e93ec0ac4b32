"""What a connector is: contract, outcomes, fact sheet, catalogue, HTTP, OAuth2, budgets, simulator base, conformance suite."""
