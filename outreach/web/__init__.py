"""What is served over HTTP: today the webhooks of providers."""
