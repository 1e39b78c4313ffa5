"""Reports, made from journals and from nothing else: page, data, JUnit, terminal.

    results = write_all(out_dir)                      # results.json, junit.xml, index.html
    console.print(matrix(results, out_dir=out_dir))   # from harness.reports.console

`follow` in `harness.reports.progress` shows the drills while they run.
"""

from harness.reports.results import Results, read_results
from harness.reports.writing import write_all

__all__ = ["Results", "read_results", "write_all"]
