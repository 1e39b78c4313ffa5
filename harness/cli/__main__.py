"""`python -m harness.cli`, where the command itself is not on PATH."""

from harness.cli import main

if __name__ == "__main__":
    main()
