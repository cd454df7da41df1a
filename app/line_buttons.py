"""Makes the lines in the picture buttons that open their text fields, by mouse, touch or keyboard.

The published components for pictures, such as streamlit-image-coordinates 0.4, report clicks but no keys, and cannot
move the focus. So this uses Streamlit's own way to define a component: `st.components.v2`.
"""

import streamlit as st

from app.correcting import read_fields
from app.language import say
from app.reading import ReadPicture

_SCRIPT = """
export default ({ data, parentElement }) => {
  const svg = parentElement.querySelector("svg");
  const picture = svg.closest(".st-key-picture");
  const findLine = (index) => document.querySelector(`.st-key-line-${index + 1}`);

  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  svg.setAttribute("aria-label", data.label);
  data.lines.forEach(({ label, points }, index) => {
    const open = () => {
      findLine(index).scrollIntoView({ block: "nearest" });
      findLine(index).querySelector("input").focus({ preventScroll: true });
    };
    // Streamlit calls this function again whenever a text changes. The buttons stay, and with them the focus.
    const button = svg.children[index] ?? svg.appendChild(document.createElementNS(svg.namespaceURI, "polygon"));
    button.setAttribute("points", points);
    button.setAttribute("role", "button");
    button.setAttribute("tabindex", 0);
    button.setAttribute("aria-label", label);
    button.onclick = open;
    button.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open();
    };
  });

  const markCurrent = () => [...svg.children].forEach((button, index) => {
    const current = findLine(index)?.contains(document.activeElement) ?? false;
    button.setAttribute("aria-current", current);
    if (current && picture.scrollHeight > picture.clientHeight) button.scrollIntoView({ block: "nearest" });
  });
  const showLine = (event) => {
    const number = event.target.closest(".reading button");
    if (number) svg.children[number.textContent - 1].focus();
  };
  svg.listening?.abort();
  svg.listening = new AbortController();
  const { signal } = svg.listening;
  document.addEventListener("focusin", markCurrent, { signal });
  document.addEventListener("focusout", markCurrent, { signal });
  document.addEventListener("click", showLine, { signal });
  return () => svg.listening.abort();
};
"""

_STYLE = """
/* The buttons' own container, below the picture, is empty: from its bottom they reach up over the picture. */
svg.line-buttons { position: absolute; bottom: 0; left: 0; width: 100%; pointer-events: none; }
.line-buttons polygon { fill: transparent; stroke-width: 3; vector-effect: non-scaling-stroke; outline: none;
  cursor: pointer; pointer-events: all; }
.line-buttons polygon:is(:hover, :focus, [aria-current=true]) { fill: #c2410c22; }
.line-buttons polygon:is(:focus, [aria-current=true]) { stroke: #c2410c; }
[data-testid=stMain] { scroll-padding-top: 4rem; } /* so that the focus is never below the page's head */
/* Beside the text, the picture stays in the window. On a phone it is above the text. */
@media (min-width: 640px) {
  :has(> .st-key-picture) { position: sticky; top: 4rem; }
  .st-key-picture { max-height: calc(100vh - 5rem); overflow-y: auto; }
}
"""

_mount_buttons = st.components.v2.component(
    "line_buttons", html='<svg class="line-buttons" role="group"></svg>', css=_STYLE, js=_SCRIPT, isolate_styles=False
)


def show_line_buttons(picture: ReadPicture) -> None:
    """Lay a button over each line of the picture, in a container with the key `picture` that shows it.

    The button of line 3 moves the focus to the text field in the container with the key `line-3`. The line whose text
    has the focus is marked in the picture, and the number beside that text moves the focus back to the button. All this
    happens in the browser: the page's script does not run, so no text can be lost.
    """
    page = picture.page
    _mount_buttons(
        key=f"buttons-{picture.key}",
        data={
            "width": page.width,
            "height": page.height,
            "label": say("Lines of the picture", "Các dòng trong ảnh"),
            "lines": [
                {
                    "label": f"{say('Line', 'Dòng')} {number}: {text}",
                    "points": " ".join(f"{x},{y}" for x, y in line.corners),
                }
                for number, (line, text) in enumerate(zip(page.lines, read_fields(picture), strict=True), 1)
            ],
        },
    )
