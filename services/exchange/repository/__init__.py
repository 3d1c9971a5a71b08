"""The SQL of exchange: a function a statement, named in the words of the domain."""
