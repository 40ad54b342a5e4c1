"""`fraiseql-observe doctor`: looks at everything that a user may have set up wrong, and says what to do.

Each module looks at one subject and yields findings; it changes nothing and sends nothing. `run` gives each its time,
whatever becomes of the others.
"""
