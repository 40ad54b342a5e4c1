"""What the blog's readers, authors, administrators and attackers send: realistic, seeded and bounded."""

STARTED = "Sending traffic."  # what the process says once a signal stops it in order
