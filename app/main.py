"""The web page, with the pages Read, Review, Teach, Experiments and Errors.

Run it with `make app` or `python -m streamlit run app/main.py`.
"""

import streamlit as st

from app.errors_page import show_errors_page
from app.experiments_page import show_experiments_page
from app.language import choose_language, escape_markdown, say
from app.read_page import show_read_page
from app.review_page import has_requested_folder, show_review_page
from app.teach_page import show_teach_page
from netchu.core.errors import NetchuError


def main() -> None:
    st.set_page_config(page_title="netchu", page_icon="✍️", layout="wide")
    choose_language()
    review = has_requested_folder()
    pages = [
        st.Page(show_read_page, title=say("Read", "Đọc"), icon=":material/draw:", url_path="read", default=not review),
        st.Page(
            show_review_page,
            title=say("Review", "Rà soát"),
            icon=":material/fact_check:",
            url_path="review",
            default=review,
        ),
        st.Page(show_teach_page, title=say("Teach", "Dạy"), icon=":material/school:", url_path="teach"),
        st.Page(
            show_experiments_page,
            title=say("Experiments", "Thí nghiệm"),
            icon=":material/science:",
            url_path="experiments",
        ),
        st.Page(show_errors_page, title=say("Errors", "Lỗi đọc"), icon=":material/rule:", url_path="errors"),
    ]
    try:
        st.navigation(pages).run()
    except NetchuError as error:
        st.error(escape_markdown(error))
    except OSError as error:  # for instance while a model is being replaced
        message = say("A file cannot be read; reload the page", "Không đọc được một tệp; hãy tải lại trang")
        st.error(f"{message}: {escape_markdown(error)}")


main()
