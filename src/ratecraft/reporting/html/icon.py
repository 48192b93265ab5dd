"""The icon of every page, as a data URL that loads nothing.

Path:   `document` and the frame of the site -> this.
"""

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='none' "
    "stroke='%230a7d5a' stroke-width='2.4' stroke-linecap='round' d='M2 3c2 14 5 14 8 6 1-3 2-4 4-5'/%3E%3C/svg%3E"
)
