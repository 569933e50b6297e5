"""Looking whether the addresses of services still answer, without ever reaching into a private network."""
