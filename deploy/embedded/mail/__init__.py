"""The mail catcher: takes every mail of the embedded stack, delivers none, and shows them on a page."""
