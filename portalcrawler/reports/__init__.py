"""Reports: a run, or a week, as one HTML file that needs nothing else."""
