"""Results of past runs, kept; and what they say together: pass rates, spreads, regressions."""
