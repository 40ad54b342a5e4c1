"""What the blog's readers, authors, administrators and attackers send: realistic, seeded and bounded."""
