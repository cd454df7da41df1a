"""Shows the steps that turn the picture of a line into the network's input."""

import streamlit as st

from app.language import say
from app.picture_view import encode_jpeg
from app.reading import ReadPicture, load_pixels, load_recognizer
from netchu.pictures.line_image import line_image_steps


def offer_steps(picture: ReadPicture) -> None:
    """Show the steps for one line, when the user opens them."""
    label = say("How a line is prepared", "Các bước xử lý một dòng")
    steps = st.expander(label, icon=":material/tune:", key="steps", on_change="rerun")
    if not steps.open:
        return
    with steps:
        numbers = range(len(picture.page.lines))
        number = 0
        if len(numbers) > 1:
            number = st.pills(
                say("Line", "Dòng"),
                numbers,
                format_func=lambda index: str(index + 1),
                default=0,
                required=True,
                key=f"step-{picture.key}",
            )
        recognizer = load_recognizer(picture.options)
        line = recognizer.crop_line_pictures(load_pixels(picture.source), picture.page, picture.options.layout)[number]
        captions = {
            "grey": say("Greyscale", "Ảnh xám"),
            "illumination": say("Even light, black ink", "Cân bằng ánh sáng, mực đen"),
            "blur": say("Blurred", "Làm mờ"),
            "threshold": say("Black and white", "Đen trắng"),
            "deslope": say("Slope removed", "Chỉnh dòng cho ngang"),
            "deslant": say("Slant removed", "Dựng thẳng nét nghiêng"),
            "trim": say("Trimmed to the writing", "Cắt sát chữ"),
            "resize": say("The network's input", "Ảnh đưa vào mạng"),
        }
        st.image(encode_jpeg(line), say("Cut out of the picture", "Cắt từ ảnh gốc"))
        previous = None
        for name, step in line_image_steps(line, recognizer.preprocess).items():
            if previous is None or step.shape != previous.shape or (step != previous).any():
                st.image(encode_jpeg(step), captions[name])
            previous = step
