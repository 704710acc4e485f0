"""A student's own desk: the public checks are run on their own files or live names, at home.

Nothing here is locked down: it is the student's code on the student's machine, be it Linux, macOS,
Windows or Colab. Nothing here gives points, and hidden checks are never run so.
"""
