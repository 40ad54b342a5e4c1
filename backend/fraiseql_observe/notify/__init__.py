"""Destinations: one file a kind, all of one shape (`base.Destination`)."""
