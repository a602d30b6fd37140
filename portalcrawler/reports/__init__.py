"""HTML files that tell people of a run, and of a week."""
