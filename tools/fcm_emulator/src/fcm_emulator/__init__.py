"""FCM as Google documents it, on this machine: a server of its own that reaches no phone and needs no Django."""
