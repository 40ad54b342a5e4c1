"""Everything this product raises on purpose.

    ObserveError                 exit 1
    ├── ConfigError              a setting or a `_config` key is wrong: says the file, the key and a suggestion
    ├── BuildError               the mixin could not be rendered
    │   ├── JsonnetError         the Jsonnet engine refused a source
    │   ├── LintError            the rendered output breaks a rule of the house
    │   └── DriftError           the committed output differs from the sources (exit 3)
    ├── AuditError               the audit database could not be set up or asked
    │   └── CatalogueError       an audit query file is malformed: says file and line
    ├── VerifyError              a server that `verify` must ask does not answer
    └── DemoError                the demo cannot start or a part of it died
        └── MissingProgramError  a program the demo needs is not installed

The message is a sentence a user can act on; `hint` is the command or change that mends it. Neither may hold a secret.
"""

from __future__ import annotations


class ObserveError(Exception):
    """Base of all errors of this product.

    Args:
        message: what was wrong and where, one sentence, safe to show.
        hint: what to do about it, one sentence or command; empty when there is nothing to say.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(ObserveError):
    """A setting is unknown, missing or malformed."""


class BuildError(ObserveError):
    """The mixin could not be rendered."""


class JsonnetError(BuildError):
    """The Jsonnet engine refused a source file."""


class LintError(BuildError):
    """A rendered dashboard or rule breaks a rule of the house."""


class DriftError(BuildError):
    """The committed output is not what the sources render to."""

    exit_code = 3


class AuditError(ObserveError):
    """The audit database could not be set up or asked."""


class CatalogueError(AuditError):
    """An audit query file is malformed."""


class VerifyError(ObserveError):
    """A server that must be asked does not answer."""


class DemoError(ObserveError):
    """The demo cannot start, or a part of it died."""


class MissingProgramError(DemoError):
    """A program that the demo needs is not installed."""
