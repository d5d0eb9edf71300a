"""``python -m lomsong``: the command line where its script is not on the path, as often on Windows."""

from lomsong.cli import main

if __name__ == "__main__":
    main()
