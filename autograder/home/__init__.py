"""At home: the public checks are run on a student's own files or live names, on their machine.

Nothing here is locked down: it is the student's code on the student's machine, be it Linux, macOS,
Windows or Colab. Nothing here gives points, and hidden checks are never run so.
"""
