"""What passes between stages: manifest, submission, report, findings; nothing here runs code."""
