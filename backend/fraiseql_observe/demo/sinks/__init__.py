"""Where the alert backend's messages arrive in the demo: stand-ins that are as strict as the real services.

Each keeps what a person would see there, refuses what the service would refuse, and says when something arrived.
"""

from fraiseql_observe.demo.sinks.arrivals import Arrival
from fraiseql_observe.demo.sinks.server import SinkPlaces, Sinks, SinkSecrets

__all__ = ["Arrival", "SinkPlaces", "SinkSecrets", "Sinks"]
