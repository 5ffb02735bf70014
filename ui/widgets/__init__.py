"""The parts that screens are made of; none of them speaks to memory."""
