"""Which files of the working folder are sent to a cluster, and which are not.

Path:   `ArchiveContents` -> lines below the estimate of `--dry-run`.
"""

from ratecraft.records.storage.folder_archive import ArchiveContents
from ratecraft.reporting.text.page import Page, wrap


def sending_text(cargo: ArchiveContents, page: Page) -> str:
    """Number and size of the files, and those that are held back.

    Example:
        >>> print(sending_text(ArchiveContents(2, 3 << 20, (".env",)), Page(width=60)))
        Sent to the cluster: 2 files, 3 MiB.
        Not sent, since it looks like a secret: .env. --send FILE
        sends it all the same.
    """
    said = [page.words("screen.sending", files=cargo.files, size=_size_text(cargo.size))]
    said += [page.note(note) for note in cargo.notes]
    return "\n".join(line for text in said for line in wrap(text, page.width))


def _size_text(size: int) -> str:
    """Bytes, rounded up.

    Example:
        >>> _size_text(0), _size_text(5000), _size_text(3 << 20)
        ('0 KiB', '5 KiB', '3 MiB')
    """
    return f"{-(-size >> 10)} KiB" if size < 1 << 20 else f"{-(-size >> 20)} MiB"
