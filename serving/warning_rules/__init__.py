"""What is worth a warning though no feed, model or controller is at fault: one rule per file."""
