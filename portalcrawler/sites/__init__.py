"""One TOML file a portal: where it is, how to treat it. Every key is in ``docs/sites.md``."""

from portalcrawler.sites.catalogue import ad_hoc_site, list_sites, load_site, site_for_url
from portalcrawler.sites.errors import SiteError, did_you_mean
from portalcrawler.sites.schedule import Schedule
from portalcrawler.sites.site import OVERRIDES, Politeness, Revisit, Site, StartSection, compile_xpath

__all__ = [
    "OVERRIDES",
    "Politeness",
    "Revisit",
    "Schedule",
    "Site",
    "SiteError",
    "StartSection",
    "ad_hoc_site",
    "compile_xpath",
    "did_you_mean",
    "list_sites",
    "load_site",
    "site_for_url",
]
