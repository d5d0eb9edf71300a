"""Take the pictures of README from a map: python docs/pictures.py maps/map.html (after `make demo` and `make lint`)."""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SIZES = {"map_wide": (1280, 800), "map_phone": (390, 844)}
COLOURS = 128


def main() -> None:
    """Open the map in headless Chromium at both sizes and keep what it shows."""
    page_file = Path(sys.argv[1]).resolve()
    folder = Path(__file__).parent / "images"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(page_file.as_uri())
            page.wait_for_timeout(1000)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
            picture.save(folder / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
