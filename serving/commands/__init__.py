"""What each word after `city` does: read the arguments, call the one function, show the answer."""
