"""./run bench companion: what a browser says of the companion, against a real server with a published release."""
