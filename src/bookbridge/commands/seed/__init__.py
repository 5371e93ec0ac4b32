"""Years of made-up history, for measuring the pages and for looking at them when they are full."""
