"""The critic that reads both pictures: texts by OCR, all else by geometry; nothing is learned."""
