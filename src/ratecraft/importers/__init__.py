"""Logs of any tool -> one value that diagnosis reads (`records.watching.observed`). Recognised by what is in them.

Path:   files of other tools, our own records -> `logs.read_logs` -> `Reading` -> diagnosis, reports.
"""
