"""What is handed out: frozen document models and how they are drawn. Nothing here reads a database or a clock."""
