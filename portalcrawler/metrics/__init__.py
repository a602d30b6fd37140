"""Numbers for Prometheus, and whether all is well."""

METRICS, HEALTH = "/metrics", "/health"
PATHS = (METRICS, HEALTH)
"""Under which addresses they are told, by whatever serves them."""
