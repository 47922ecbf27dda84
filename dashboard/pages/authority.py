from dashboard import widgets
widgets.title("authority","soon")
