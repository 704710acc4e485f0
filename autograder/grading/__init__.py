"""One submission comes in, its report goes out: a session, its grader, and a pool of sessions."""
