"""What is refused in a text or a channel, whoever brings it: pure functions that return faults."""
