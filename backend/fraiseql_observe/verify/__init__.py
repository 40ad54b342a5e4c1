"""Does every panel show data? Runs each query of each dashboard against the real servers, as Grafana would."""

from fraiseql_observe.verify.audit import Audit
from fraiseql_observe.verify.load import default as default_dashboards
from fraiseql_observe.verify.load import load as load_dashboards
from fraiseql_observe.verify.prometheus import auth_from
from fraiseql_observe.verify.report import Report, Result, Status
from fraiseql_observe.verify.run import verify
from fraiseql_observe.verify.survey import Options

__all__ = [
    "Audit",
    "Options",
    "Report",
    "Result",
    "Status",
    "auth_from",
    "default_dashboards",
    "load_dashboards",
    "verify",
]
