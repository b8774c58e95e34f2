"""A simulated life of the demo city: departments, people and crews live by the product's plans, day after day."""
