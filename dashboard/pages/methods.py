from dashboard import widgets
widgets.title("methods","soon")
