"""`python -m services.signals`."""

from services.signals.app import main

main()
