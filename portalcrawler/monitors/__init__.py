"""What a run was like, held against the runs before it: a verdict, with its reasons in words."""
