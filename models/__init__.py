"""The words of the domain: frozen dataclasses, enums and pure rules; no input or output."""
