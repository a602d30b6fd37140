"""A small made-up city portal in the shape of Discuz! X, served on loopback for the demo and the tests.

The city, its people and its papers are invented. ``python -m portalcrawler.sample`` serves it.
A running one changes through ``server.editor``; ``server.truth()`` tells what is in it then.
"""

from .editor import Changes, Editor
from .options import Fault, SampleOptions
from .server import SampleServer, serve
from .truth import iter_truth, truth

__all__ = ["Changes", "Editor", "Fault", "SampleOptions", "SampleServer", "iter_truth", "serve", "truth"]
