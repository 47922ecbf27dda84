from dashboard import widgets
widgets.title("runs","soon")
