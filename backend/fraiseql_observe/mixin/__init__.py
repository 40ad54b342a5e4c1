"""The mixin: evaluate the packaged Jsonnet, write the outputs, lint them."""

from fraiseql_observe.mixin.render import Rendered, render

__all__ = ["Rendered", "render"]
