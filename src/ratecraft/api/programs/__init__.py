"""Works out which program the typed words mean."""
