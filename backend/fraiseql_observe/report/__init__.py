"""The compliance report: what the catalogue's questions answer about a period, as one page for auditors.

`contents` says what is in it, `gather` asks, `material` holds the answers and their fingerprint, `page` writes the HTML
with the drawings of `charts` and `svg`, and `pdf_file` prints it.
"""
