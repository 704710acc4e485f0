"""The release tool: solution notebooks come in, a student bundle and a Gradescope bundle go out."""
