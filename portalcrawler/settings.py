"""The Scrapy project's settings: only what differs from Scrapy's defaults, each with its reason.

A site's declaration and the command line (``-s NAME=VALUE``) change any of them for one crawl.
"""

import os

from portalcrawler import limits
from portalcrawler.identity import user_agent

BOT_NAME = "portalcrawler"
SPIDER_MODULES = ["portalcrawler.spiders"]
NEWSPIDER_MODULE = "portalcrawler.spiders"

# --- Who asks -----------------------------------------------------------------------------------------------

# An e-mail address or URL for the people of the portals crawled; it is put into the User-Agent.
PORTALCRAWLER_CONTACT = os.environ.get("PORTALCRAWLER_CONTACT", "")
# The add-on Identity puts the contact in, and says so if it is none.
USER_AGENT = user_agent()
# The name to look for in robots.txt. Without it Scrapy would match the whole User-Agent, "Mozilla" included.
ROBOTSTXT_USER_AGENT = BOT_NAME
# Some portals choose their language by it.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}
# Cookies stay on, as Scrapy has them: a crawl is one guest of the portal, as a browser is. Without them
# Discuz! makes a session for every request, which fills its table of sessions and its "who is online", and
# sites behind a firewall that sets a cookie and redirects to the same page could not be read at all. No page
# depends on a guest's cookies.

# --- How often ----------------------------------------------------------------------------------------------

ROBOTSTXT_OBEY = True
# Reads Request-rate too.
ROBOTSTXT_PARSER = "portalcrawler.middlewares.robots.PoliteRobotParser"
# The longest Crawl-delay obeyed, in seconds: a robots.txt that asks for hours means that it wants no crawler,
# and says so better with Disallow.
CRAWL_DELAY_MAX = 60.0

# A city portal is one small server. AutoThrottle follows its answers' speed, and never goes below the delay,
# in seconds, which Scrapy varies by half. Hosts on loopback get none of this
# (portalcrawler.middlewares.pace).
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1.0
AUTOTHROTTLE_MAX_DELAY = 30.0
DOWNLOAD_DELAY = 0.5
CONCURRENT_REQUESTS_PER_DOMAIN = 4
# A crawl has one site. What the downloader holds beyond that only waits there, and would have to be waited for when
# the crawl is stopped or has reached its limit.
CONCURRENT_REQUESTS = 4

# The longest Retry-After obeyed, in seconds; a longer one is cut to it.
RETRY_AFTER_MAX = 300.0
# The first wait, in seconds, before a soft error is asked for again, or after a 429 or 503 without
# Retry-After; it doubles with every retry.
RETRY_BACKOFF = 2.0

# --- What is never asked ------------------------------------------------------------------------------------

# Checks every address that a connection is made to. IPv6 comes with it; DNS_TIMEOUT goes, DOWNLOAD_TIMEOUT
# remains.
TWISTED_DNS_RESOLVER = "portalcrawler.resolver.GuardedResolver"
# Networks, as 198.18.0.0/15, that may be connected to though they are not public: for a resolver that answers
# with made-up addresses (the fake-ip mode of some proxies), or a portal on a company's own network.
GUARD_PERMITTED_NETWORKS: list[str] = []

DOWNLOAD_HANDLERS = {
    "http": "portalcrawler.middlewares.handler.PoliteDownloadHandler",
    "https": "portalcrawler.middlewares.handler.PoliteDownloadHandler",
    # No page of a portal is fetched over these. file: stays for `scrapy shell page.html`; the guard refuses
    # it to spiders.
    "data": None,
    "ftp": None,
    "s3": None,
}

DOWNLOADER_MIDDLEWARES = {
    # Before robots.txt is asked for.
    "portalcrawler.middlewares.guard.GuardMiddleware": 75,
    # In the places of Scrapy's own.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "portalcrawler.middlewares.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "portalcrawler.middlewares.redirect.SiteMetaRefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "portalcrawler.middlewares.redirect.SiteRedirectMiddleware": 600,
    # It sees pages after they are decompressed (590).
    "portalcrawler.middlewares.retry.PatientRetryMiddleware": 550,
}

# --- How much -----------------------------------------------------------------------------------------------

# The largest page ever seen on a portal is under 2 MB; Scrapy's limit of 1 GB would let one page take all
# memory. It holds for what comes over the line and for what decompression makes of it.
DOWNLOAD_MAXSIZE = 20 * 1024 * 1024
DOWNLOAD_WARNSIZE = 4 * 1024 * 1024
# Seconds for a whole page, from connecting to the last byte.
DOWNLOAD_TIMEOUT = 60
REDIRECT_MAX_TIMES = 8
# Home pages that move at once are followed; a Discuz! notice ("no such article") moves on after some seconds,
# and has to be seen. Scrapy follows what moves in less than this many seconds.
METAREFRESH_MAXDELAY = 1
# Scrapy drops longer URLs with a line of log that no errback hears of; the guard refuses them where the spider does.
URLLENGTH_LIMIT = 0

# Spiders know articles and sections by their keys, whatever URL leads to them; a filter by URL would only lose an
# article's page that must be asked for again.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# --- The end ------------------------------------------------------------------------------------------------

# A crawl that is told to stop gives the downloads under way this many seconds, and drops what has not begun. With
# Scrapy alone a slow page holds the end up for DOWNLOAD_TIMEOUT, and those queued behind it for as long again.
PORTALCRAWLER_STOP_GRACE = 2.0

# --- Speed and memory ---------------------------------------------------------------------------------------

# An article page yields one item, and the store writes in bulk: 100 tasks at once cost more than they bring.
# Measured: the setting with the largest effect on CPU per page.
CONCURRENT_ITEMS = 4
# Scrapy's DEBUG writes every request and every item, whole, to the log.
LOG_LEVEL = "INFO"

# --- The process --------------------------------------------------------------------------------------------

# Both open a port through which a program on this machine can run code in the crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# Chinese text as itself, not as \u escapes.
FEED_EXPORT_ENCODING = "utf-8"
# Articles as `portalcrawler export` prints them.
FEED_EXPORTERS = {
    "json": "portalcrawler.exporters.ArticleJson",
    "jsonlines": "portalcrawler.exporters.ArticleJsonLines",
    "jsonl": "portalcrawler.exporters.ArticleJsonLines",
    "jl": "portalcrawler.exporters.ArticleJsonLines",
}

# "json": each line of the log is an object, for programs that collect logs.
PORTALCRAWLER_LOG_FORMAT = os.environ.get("PORTALCRAWLER_LOG_FORMAT", "text")

ADDONS = {
    # No passwords in the log, from its first line on; and its format.
    "portalcrawler.logs.SafeLogs": 100,
    "portalcrawler.log_lines.JsonLogs": 110,
    # The contact of the command line.
    "portalcrawler.identity.Identity": 200,
}

EXTENSIONS = {
    "portalcrawler.stopping.Stop": 50,
    # The others ask it for the connection.
    "portalcrawler.extensions.storage.Storage": 100,
    "portalcrawler.extensions.record.Record": 200,
    "portalcrawler.extensions.comments.Comments": 250,
    # At the crawl's end: what it was like.
    "portalcrawler.extensions.measuring.Measuring": 280,
    # Behind it: what is thought of it, and who is told.
    "portalcrawler.extensions.watching.Watching": 290,
    "portalcrawler.extensions.progress.Progress": 300,
    # Off without PORTALCRAWLER_PHOTOS.
    "portalcrawler.extensions.pictures.Pictures": 400,
    # After AutoThrottle (0): the last word on a slot's delay.
    "portalcrawler.middlewares.pace.Pace": 900,
}

ITEM_PIPELINES = {
    "portalcrawler.pipelines.validate.Validate": 100,
    # Once an article is known to be one, and before it is stored with its pictures' files.
    "portalcrawler.pipelines.photos.DownloadPhotos": 500,
    "portalcrawler.pipelines.store.StoreArticles": 900,
}

# --- The archive --------------------------------------------------------------------------------------------

# Off for a crawl that only feeds Scrapy's own exports (-o); then no database is touched.
PORTALCRAWLER_STORE_ENABLED = True
# The pages that articles were read from are kept, so that a better extractor can be applied to them.
PORTALCRAWLER_PAGES_ENABLED = True
# What is kept how long, and how much of it; the environment says it for the scheduler as well. 0: no limit.
_kept = limits.given()
# The most that raw pages may take, compressed, in MB. Measured: some 2 KB a page.
PORTALCRAWLER_PAGES_MAX_MB = _kept["PORTALCRAWLER_PAGES_MAX_MB"]
# Days: raw pages of earlier states of an article. They are bounded by their size already.
PORTALCRAWLER_PAGES_MAX_DAYS = _kept["PORTALCRAWLER_PAGES_MAX_DAYS"]
# Days after which one point a day is kept of an article's counters. Half a megabyte an article at most, in any case.
PORTALCRAWLER_OBSERVATIONS_MAX_DAYS = _kept["PORTALCRAWLER_OBSERVATIONS_MAX_DAYS"]
# Days: a run's list of all its URLs, most of what a crawl writes where nothing is new. Counts and examples stay.
PORTALCRAWLER_RUN_URLS_MAX_DAYS = _kept["PORTALCRAWLER_RUN_URLS_MAX_DAYS"]
# Days: dead letters, up to 4 MB each, of what has succeeded since.
PORTALCRAWLER_FAILURES_MAX_DAYS = _kept["PORTALCRAWLER_FAILURES_MAX_DAYS"]
# Days: records of runs, crawls by schedule, incidents and deliveries.
PORTALCRAWLER_RECORDS_MAX_DAYS = _kept["PORTALCRAWLER_RECORDS_MAX_DAYS"]
# One crawl of a site at a time. Seconds between two signs of life, and after how many without one a crawl on another
# machine counts as dead: five signs may be lost to a busy server or an election before another crawl takes over.
PORTALCRAWLER_LEASE_HEARTBEAT = 10.0
PORTALCRAWLER_LEASE_SECONDS = 60.0
# So many stored articles are read again in each run of a whole portal, so that a change of its pages is noticed in the
# first run after it; 0: none.
PORTALCRAWLER_CANARIES = 5
# Each run is held against those before it, and alerts are sent: docs/monitors.md.
PORTALCRAWLER_MONITORS_ENABLED = True
# The live display of `portalcrawler crawl`; people who type `scrapy crawl` have Scrapy's log.
PORTALCRAWLER_PROGRESS = False

# --- Pictures -----------------------------------------------------------------------------------------------

# A folder, or s3://BUCKET/PREFIX, to download the pictures themselves to; empty: they stay where they are. Most
# archives are of texts, and the pictures of a portal are a hundred times their size.
PORTALCRAWLER_PHOTOS = ""
# What browsers show as a picture and Pillow can check. No SVG: it is a program as much as a picture.
PORTALCRAWLER_PHOTOS_TYPES = ["jpeg", "png", "gif", "webp", "bmp", "avif"]
# The largest picture, in bytes: DOWNLOAD_MAXSIZE is for pages, and cameras' files are larger.
PORTALCRAWLER_PHOTOS_MAX_BYTES = 30 * 1024 * 1024
# The largest picture, in pixels: a few hundred bytes can unpack to gigabytes. Cameras make up to about 60 million.
PORTALCRAWLER_PHOTOS_MAX_PIXELS = 64_000_000
