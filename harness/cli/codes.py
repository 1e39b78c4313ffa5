"""Exit codes; apart from what else commands share, so that a quick command need not load that."""

#: All is well; something was found, or not met; it could not be told.
MET, UNMET, MISUSED = 0, 1, 2
#: What a shell answers for a program ended by Ctrl-C.
INTERRUPTED = 130
