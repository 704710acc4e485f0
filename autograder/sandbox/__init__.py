"""Requests about student code come in, values and failures go out; the code runs locked down."""
