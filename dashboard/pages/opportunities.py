from dashboard import widgets
widgets.title("opportunities","soon")
