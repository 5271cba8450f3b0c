"""The HTTP reward server, ``erm serve``."""
