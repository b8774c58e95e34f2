"""Sheets of a collection plan that crews take with them."""
