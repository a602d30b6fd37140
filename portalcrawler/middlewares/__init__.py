"""Polite and safe downloading: what is asked of a server, how often, and what is never asked of anybody."""
