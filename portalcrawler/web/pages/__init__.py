"""The web pages of an archive, for people: made on the server, whole without JavaScript, in Chinese and English."""

from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.routes import page_error, page_routes

__all__ = ["PageOptions", "page_error", "page_routes"]
