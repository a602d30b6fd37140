"""What web pages and reports have in common: words, dates, links, edits told in words, templates that escape."""
