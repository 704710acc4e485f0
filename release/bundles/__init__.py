"""An assignment and its templates come in; the bundles of students and of Gradescope go out."""
