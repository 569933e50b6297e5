"""The rules for texts, numbers, addresses, services and notices: pure functions that return what is wrong."""
