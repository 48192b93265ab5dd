"""The one door to torch: runs of scripts in processes of their own, under hooks that set the rate and read the loss."""
