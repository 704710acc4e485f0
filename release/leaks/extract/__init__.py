"""A file's bytes or text come in; what a reader would see in it, as plain text, goes out.

One module a family of formats: `spelling` (escapes, entities, typography), `markup` (HTML, SVG,
office files), `typeset` (TeX, RTF), `mail` (a page saved as MHTML), `child` (PDF, compiled Python
and SQLite, in a process of its own, started by `reader`). `views` takes layers of text formats off,
and `formats` knows the binary formats that are looked at as bytes.
"""
