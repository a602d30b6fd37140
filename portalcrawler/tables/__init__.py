"""The tables that the archive is exported as: their fields, and how each format says them."""
