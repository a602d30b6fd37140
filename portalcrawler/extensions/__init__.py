"""Scrapy extensions: the connection to the archive, the record of the run, the progress display."""
