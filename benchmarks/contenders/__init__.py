"""The same work done in other ways: one handler, one set of tables, the same messages on the same streams.

Each is a process of its own that runs until SIGTERM, with the settings of the profiles service. All of them hand the
command to the very handler of profiles, with its SQL, look up and keep the answer like the kit does, and send the same
number of messages of the same size. What differs is what carries it: that is what is measured.
"""
