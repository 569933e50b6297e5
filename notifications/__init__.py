"""Registrations, campaigns, and the delivery of their alerts through FCM."""
