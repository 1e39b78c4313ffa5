"""Game days: a real environment is broken on purpose, the team responds, and it is measured.

    plan.py        what is going to happen, as a team writes it down
    proof.py       that AWS and GitHub are as the plan says
    undo/          what was there before each change, and how it is put back
    course.py      the day itself: inject, watch, wait for people
    stops.py       what stops it
    returning.py   the way back, in its course and after a crash

The same code breaks a staging environment and the emulated world of a rehearsal.
"""
