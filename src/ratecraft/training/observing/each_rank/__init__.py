"""What each of several processes tells of itself, so that whoever follows all of them sees where they part."""
