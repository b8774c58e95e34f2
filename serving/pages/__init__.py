"""Pages for people, complete in themselves: nothing is loaded from elsewhere."""
