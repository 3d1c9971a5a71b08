"""NATS as an operator sees it: keys, accounts and rights, streams, consumers, and the job that applies them."""
