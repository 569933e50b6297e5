"""./run soak: hours of campaigns and reads with restarts at random, and what grows meanwhile."""
