"""The harness: a submission comes in, a graded report goes out."""

__version__ = "0.1.0"
