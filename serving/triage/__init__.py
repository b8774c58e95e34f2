"""Complaints read, proposed, decided by a person, and followed until the work is done."""
