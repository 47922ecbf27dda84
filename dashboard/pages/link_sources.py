from dashboard import widgets
widgets.title("link_sources","soon")
