"""Shows on demand what happens to a line before the network sees it."""

import streamlit as st

from app.language import say
from app.picture_view import jpeg
from app.reading import Reading, pixels, recognizer
from netchu.pictures.line_image import line_image_steps


def offer_steps(reading: Reading) -> None:
    """What happens to a line before the network sees it."""
    label = say("How a line is prepared", "Một dòng được xử lý thế nào")
    steps = st.expander(label, icon=":material/tune:", key="steps", on_change="rerun")
    if not steps.open:
        return
    with steps:
        numbers = range(len(reading.page.lines))
        number = 0
        if len(numbers) > 1:
            number = st.pills(
                say("Line", "Dòng"),
                numbers,
                format_func=lambda place: str(place + 1),
                default=0,
                required=True,
                key=f"step-{reading.key}",
            )
        reader = recognizer(reading.options)
        picture = reader.line_pictures(pixels(reading.source), reading.page, reading.options.layout)[number]
        captions = {
            "grey": say("In shades of grey", "Thang xám"),
            "illumination": say("Light evened, ink black", "Cân bằng ánh sáng, mực đen"),
            "blur": say("Smoothed", "Làm mịn"),
            "threshold": say("Black and white", "Đen trắng"),
            "deslant": say("Upright", "Dựng thẳng nét nghiêng"),
            "trim": say("Trimmed to the writing", "Cắt sát chữ"),
            "resize": say("As the network sees it", "Ảnh mà mạng nhìn thấy"),
        }
        st.image(jpeg(picture), say("Cut out of the picture", "Cắt khỏi ảnh"))
        last = None
        for name, step in line_image_steps(picture, reader.preprocess).items():
            if last is None or step.shape != last.shape or (step != last).any():
                st.image(jpeg(step), captions[name])
            last = step
