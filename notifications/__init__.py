"""Who is told, when and through what: registrations, campaigns, and their delivery to FCM."""
