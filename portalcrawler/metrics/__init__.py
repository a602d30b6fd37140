"""Numbers for Prometheus, and whether all is well."""
