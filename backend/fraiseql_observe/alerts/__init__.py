"""The alert backend without its web face: intake, incidents, escalation, delivery."""
