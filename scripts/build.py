#!/usr/bin/env python3
"""Render provisioning/ and bundle/ from the mixin: the same as `fraiseql-observe build`."""

import sys

from fraiseql_observe.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["build"]
    main()
