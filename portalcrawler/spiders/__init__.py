"""Spiders: how a portal is walked. Where things stand on a page is the business of :mod:`portalcrawler.cms`."""
