"""A browser for the pages of a hub."""

import shutil

import pytest


@pytest.fixture(scope="module")
def browser():
    """Chromium, of the system; tests that need it are skipped without one.

    Of one module: while it runs, so does playwright's event loop, and no test may start another.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium is installed")
    with sync_playwright() as playwright:
        # Containers have no user namespaces, which the sandbox needs.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page of a browser that must not see anything go wrong."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert page.wrong == []
