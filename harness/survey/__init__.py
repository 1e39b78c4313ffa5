"""Looks at a site's repository, and writes down what sitedrill has to know of it.

found = survey(Path("website"))
found.told          # "emergency workflow: rescue.yml", ...
settings_text(found)

What cannot be told is marked in the settings, to be filled in by a person.
"""

from harness.survey.found import Found
from harness.survey.site import survey
from harness.survey.writing import FEATURE, MARK, feature_text, settings_text

__all__ = ["FEATURE", "MARK", "Found", "feature_text", "settings_text", "survey"]
