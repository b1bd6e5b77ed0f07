"""One function for each thing a person asks; it owns the transaction."""
