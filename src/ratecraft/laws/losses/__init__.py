"""What a curve of losses tells: noise, learning, over-fitting, where it will end."""
