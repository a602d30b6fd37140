"""Ends with 0 if the web pages answer on this machine, with the token that everybody must send.

answers.py [PORT]
"""

import os
import sys
import urllib.request

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
asked = urllib.request.Request(
    f"http://127.0.0.1:{port}/api/health", headers={"Authorization": f"Bearer {os.environ['PORTALCRAWLER_WEB_TOKEN']}"}
)
try:
    with urllib.request.urlopen(asked, timeout=8):  # noqa: S310 - the address above
        pass
except OSError as error:  # a refusal, or an answer that is none of success
    sys.exit(str(error))
