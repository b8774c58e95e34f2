"""Features of one complete regular grid: every sensor at every step of one clock, gaps as NaN."""
