"""Any policy on any data: completions, what is measured of them, and a page."""
