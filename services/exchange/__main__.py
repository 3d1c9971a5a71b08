"""`python -m services.exchange`."""

from services.exchange.app import main

main()
