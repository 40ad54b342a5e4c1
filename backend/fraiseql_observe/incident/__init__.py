"""What an incident is and how it moves: frozen data and pure functions, the clock always an argument.

An *alert* is one occurrence of a label set: (fingerprint, start). An *incident* is what a person answers for: the
group of alerts that Alertmanager tells together, from the first that fires until none does. Nothing here does IO.
"""
