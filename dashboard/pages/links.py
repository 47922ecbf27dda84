from dashboard import widgets
widgets.title("links","soon")
