"""Who hears of what: incidents that begin and end once, and the ways in which people are told."""

from portalcrawler.alerts.delivering import Delivered, deliver

__all__ = ["Delivered", "deliver"]
