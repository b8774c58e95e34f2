"""What goes over the wire: every field with its unit in the name and its meaning in words."""
