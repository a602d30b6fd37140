"""``python -m portalcrawler``: the command line."""

import sys

from portalcrawler.cli import main

if __name__ == "__main__":
    sys.exit(main())
