from dashboard import widgets
widgets.title("rivals","soon")
