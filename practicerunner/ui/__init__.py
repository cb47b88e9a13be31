"""How it is asked: everything Streamlit that two pages share. ``shell.py`` is the entry script."""
