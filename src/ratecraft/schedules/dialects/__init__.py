"""The schedules of other libraries, exactly: one file per library, with its function names and arguments.

Path:   arguments as the other library takes them -> a tree whose curve is the library's own.
Units:  steps are optimizer steps (whatever its `step()` counts), from 0. `lr` is the rate that its optimizer was made
        with; where it is left out, the result is a factor of the rate.

Each gives the other library's values on its whole length and its documented behaviour after it. What is a bug there is
right here; `differences` lists these places. None of them imports the other library.
"""
