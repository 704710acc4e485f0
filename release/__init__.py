"""The release tool: solved notebooks come in, a student bundle and a Gradescope bundle go out."""
