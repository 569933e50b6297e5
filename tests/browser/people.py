"""Members of staff at their browsers: what they press is counted, and every page that they see is read for codes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Response, expect

from tests.plain_words import findings

#: Steps with the Tab key after which a control counts as out of reach.
_MOST_TABS = 400


class Person:
    """One member of staff with a mouse and a keyboard."""

    def __init__(self, page: Page, *, check: Callable[[Page], None] | None = None) -> None:
        """Take the person's window; `check` is called with every page that the person sees."""
        self.page = page
        #: Presses of buttons, links, boxes and keys other than those that write text.
        self.presses = 0
        #: Characters that were typed.
        self.characters = 0
        #: What the server did not accept, as (address, status, first sentence).
        self.refusals: list[tuple[str, int, str]] = []
        #: Codes that were read, as (address, what it is, text).
        self.codes: list[tuple[str, str, str]] = []
        self._check = check
        self._refused: tuple[str, int] | None = None
        page.on("response", self._note)

    def open(self, address: str) -> None:
        """Open an address of the console, as from a bookmark."""
        self.page.goto(address)
        self.look()

    def sign_in(self, name: str, password: str) -> None:
        """Sign in with the form."""
        self.page.goto("/console/")
        self.sign_in_here(name, password)

    def sign_in_here(self, name: str, password: str) -> None:
        """Sign in with the form that is open."""
        self._write(self.page.get_by_label("Username"), name)
        self._write(self.page.get_by_label("Password"), password)
        self.press("Log in")

    def go(self, name: str, *, within: Locator | None = None) -> None:
        """Follow the first link of that name."""
        self._follow((within or self.page).get_by_role("link", name=name, exact=True).first)

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button of that name, which opens a page."""
        self._follow((within or self.page).get_by_role("button", name=name, exact=True))

    def tick(self, label: str, *, within: Locator | None = None) -> None:
        """Tick a box, or choose one of several."""
        box = (within or self.page).get_by_label(label, exact=True)
        if not box.is_checked():
            self.tick_at(box)
        expect(box).to_be_checked()

    def untick(self, label: str, *, within: Locator | None = None) -> None:
        """Remove a tick."""
        box = (within or self.page).get_by_label(label, exact=True)
        if box.is_checked():
            self.tick_at(box)
        expect(box).not_to_be_checked()

    def write(self, label: str, text: str, *, within: Locator | None = None) -> None:
        """Replace the text of a field."""
        self._write((within or self.page).get_by_label(label, exact=True), text)
        self.characters += len(text)

    def choose(self, label: str, option: str, *, within: Locator | None = None) -> None:
        """Choose the option of that name in a list."""
        self.choose_at((within or self.page).get_by_label(label, exact=True), option)

    def unfold(self, summary: str) -> None:
        """Open a folded part of the page."""
        self._activate(self.page.locator("summary", has_text=summary).first)

    def group(self, name: str) -> Locator:
        """Return the group of controls of that name."""
        return self.page.get_by_role("group", name=name, exact=True)

    def sees(self, text: str) -> None:
        """Wait until the page shows the text."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def look(self) -> None:
        """Read the page: note the codes on it and what was refused, and make the check."""
        address = self.page.url
        self.codes += [(address, *found) for found in findings(self.page.content(), insiders=True)]
        if self._refused is not None:
            message = self.page.locator(".messagelist li, .errornote").first
            self.refusals.append((*self._refused, message.inner_text() if message.count() else ""))
            self._refused = None
        if self._check is not None:
            self._check(self.page)

    def _note(self, response: Response) -> None:
        if response.request.method == "POST" and response.status >= 400:
            self._refused = (response.url, response.status)

    def _follow(self, control: Locator) -> None:
        with self.page.expect_navigation():
            self._activate(control)
        self.look()

    def _activate(self, control: Locator) -> None:
        control.click()
        self.presses += 1

    def tick_at(self, box: Locator) -> None:
        """Tick a box, or choose a radio button, that is not ticked."""
        self._activate(box)

    def _write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose_at(self, field: Locator, option: str) -> None:
        """Choose an option of a list."""
        field.select_option(label=option)
        self.presses += 2


class KeyboardPerson(Person):
    """One member of staff who has no mouse."""

    def _activate(self, control: Locator) -> None:
        self._reach(control)
        self._key("Enter")

    def tick_at(self, box: Locator) -> None:
        """Tick a box with Space, or choose a radio button with the arrows."""
        if box.get_attribute("type") != "radio":
            self._reach(box)
            self._key("Space")
            return
        # Tab stops once in a group of radio buttons; the arrows choose in it.
        name = box.get_attribute("name")
        self._tab_until("name => document.activeElement.name === name", name)
        if not box.evaluate("box => document.activeElement === box"):
            for _ in range(20):
                self._key("ArrowDown")
                if box.evaluate("box => document.activeElement === box"):
                    break
        if not box.is_checked():
            self._key("Space")

    def _write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._key("Control+a")
        self.page.keyboard.type(text)

    def choose_at(self, field: Locator, option: str) -> None:
        """Choose an option of a list by typing its name."""
        self._reach(field)
        self.page.keyboard.type(option)
        expect(field.locator("option:checked")).to_have_text(option)

    def _reach(self, control: Locator) -> None:
        expect(control).to_be_visible()
        self._tab_until("control => document.activeElement === control", control.element_handle())

    def _tab_until(self, condition: str, argument: object) -> None:
        for _ in range(_MOST_TABS):
            if self.page.evaluate(condition, argument):
                return
            self._key("Tab")
        raise AssertionError(f"the Tab key does not reach the control on {self.page.url}")

    def _key(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.presses += 1
