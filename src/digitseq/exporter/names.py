"""What the files and folders of an export are called."""

# The state of an unfinished export; a finished one has none.
STATE = ".export"
PLAN = f"{STATE}/plan.json"
LOCK = f"{STATE}/lock"
WORK = f"{STATE}/work"
# Readers that search a folder for data (Hugging Face's `datasets`, pyarrow, Spark) skip folders
# whose names begin like this; anywhere else they would take these files for data.
FOLDER = "__digitseq__"
MANIFEST = f"{FOLDER}/manifest.json"
GLYPHS = f"{FOLDER}/glyphs.txt"
SUMS = f"{FOLDER}/sums"
# Of a split, in the folder above its parts.
SPLIT = f"{FOLDER}/split.json"
CARD = "README.md"
# An SVG file in this folder, so that loaders of images do not take the contact sheet for data.
SHEET = f"{FOLDER}/sheet.svg"
