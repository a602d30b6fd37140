"""Who hears of what: incidents that begin and end once, and the ways in which people are told."""

from portalcrawler.alerts.delivering import Delivered, deliver
from portalcrawler.alerts.settling import observe_run, observe_schedule

__all__ = ["Delivered", "deliver", "observe_run", "observe_schedule"]
