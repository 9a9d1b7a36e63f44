"""The golden cases through the tool, and the laws on each of them (ARCHITECTURE.md)."""
