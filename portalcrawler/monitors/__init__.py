"""What a run was like, held against the runs before it: a verdict, with its reasons in words."""

from portalcrawler.monitors.case import Case, Past
from portalcrawler.monitors.judging import judge
from portalcrawler.monitors.keeping import judge_run

__all__ = ["Case", "Past", "judge", "judge_run"]
