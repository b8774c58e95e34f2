"""The pages of a plan's folder: what is planned and why, stage by stage and along corridors. They open offline."""
