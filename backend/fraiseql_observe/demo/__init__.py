"""The whole stack on one machine: a FraiseQL application, its servers, traffic, and every panel with data."""
