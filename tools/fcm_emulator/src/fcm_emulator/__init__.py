"""A server that responds as Firebase Cloud Messaging does and reaches no phone. It needs neither Django nor an account."""
