"""bookbridge chaos: break everything that can break on a plan drawn from a seed, then count what the books hold.

`plan` says what happens at which mark, `events` does it, `installation` holds the processes and places it is done to,
`watching` tells how far the work is and when it goes forward again, `verdict` counts.
"""
