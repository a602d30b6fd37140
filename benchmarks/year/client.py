"""``client.py SOCKET PARENT ARGUMENTS …``: a crawl of a forked scheduler, like :mod:`portalcrawler.schedule.child`.

Dies with its parent, passes signals on, and ends as the crawl ends. Imports as little as can be.
"""

import ctypes
import json
import os
import signal
import socket
import sys

path, parent, *arguments = sys.argv[1:]
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
if os.getppid() != int(parent):
    sys.exit(1)
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.connect(path)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _: connection.sendall(bytes([number])))
    socket.send_fds(connection, [json.dumps({"crawl": arguments}).encode()], [1])
    answer = connection.makefile()
    answer.readline()
    status = int(answer.readline() or 1)
sys.exit(status if status >= 0 else 128 - status)
