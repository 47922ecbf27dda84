from dashboard import widgets
widgets.title("sources","soon")
