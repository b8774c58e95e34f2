"""The loop closed: what was promised held against what came, and what measures changed."""
