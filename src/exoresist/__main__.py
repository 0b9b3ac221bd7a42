"""`python -m exoresist` is the same as `exoresist`."""

from exoresist.app.main import main

if __name__ == "__main__":
    main()
