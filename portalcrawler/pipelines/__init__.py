"""Item pipelines, one verb each; their order stands in ``settings.py``."""
