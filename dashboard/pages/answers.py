from dashboard import widgets
widgets.title("answers","soon")
