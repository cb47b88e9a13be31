"""Drills: many at once, killed in the middle, anything in any order; afterwards every appointment is where it belongs.

The other folders of tests mirror the package, one module each. What stands here is true of all of them together: that
scheduling never loses, doubles or shifts an appointment, on both engines.

- ``crowd``     twenty threads that begin at the same moment, over many rounds
- ``sound``     the questions, in SQL, that a practice in order answers with nothing
- ``saver``     a process that books series until it is killed
"""
