"""Grading by people: a journal of what they decided, points made of it, and a page to decide on."""
