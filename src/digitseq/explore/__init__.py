"""The explorer: a page whose sliders and menus change a picture, and the code and command that make it."""
