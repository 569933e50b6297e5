"""./run bench stampede: phones that open an alert at once, while it is still being pushed to others."""
