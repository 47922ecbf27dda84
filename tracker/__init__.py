"""Facts: what was asked, what was answered, who links to whom."""

__version__ = "0.1.0"
