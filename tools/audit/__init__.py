"""What the product is made of: locked packages, their known weaknesses and licences, and a list of them for others."""
