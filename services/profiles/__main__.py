"""`python -m services.profiles`."""

from services.profiles.app import main

main()
