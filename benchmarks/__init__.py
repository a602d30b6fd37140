"""What portalcrawler costs, measured: ``python -m benchmarks NAME``. What the figures mean: docs/benchmarks.md."""
