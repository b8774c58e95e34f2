"""Indicators over days, weeks and months: the one engine that computes them."""
