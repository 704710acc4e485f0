"""A submitted notebook comes in; the statements that a question's names depend on go out."""
