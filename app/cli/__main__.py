"""`python -m app.cli` is `mendline`; operators come in."""

from app.cli import main

main()
