"""The decision guide of a site, written from its last drills and kept true to them.

A way out of an emergency stands in it because a drill has shown it to work, and for no other reason.
"""
