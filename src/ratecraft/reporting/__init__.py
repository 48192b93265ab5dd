"""Numbers become text: the end screen, the live block, the plot, lists, errors. Nothing is decided here."""
