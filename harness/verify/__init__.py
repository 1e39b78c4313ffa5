"""Reads a site's workflows without running them, and says what is wrong before they are merged.

report = verify([Path(".github/workflows/emergency.yml")])
report.clean, report.findings[0].message

docs/verify.md tells of every rule.
"""

from harness.verify.finding import SEVERITIES, Finding
from harness.verify.formats import FORMATS
from harness.verify.report import Report
from harness.verify.verifying import Options, verify

__all__ = ["FORMATS", "SEVERITIES", "Finding", "Options", "Report", "verify"]
