"""Real servers, hostile simulations and honest look-alikes, against which verdicts are held."""
