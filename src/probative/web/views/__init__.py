"""What the pages show, as values: each view is read from the record at one moment.

**Promise**: a view is a frozen struct that the page renders and the API returns, so both say the same.
**Not here**: HTML (`templates/`), and rules: outcomes, dates and statuses are shown as they were recorded.
"""
