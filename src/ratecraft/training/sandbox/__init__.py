"""The promise that nothing of the user's is touched: mirrors, copies at the first write, what the kernel denies."""
