"""The web page: reading, teaching, experiments and errors. `make app`, or `python -m streamlit run app/main.py`."""

import streamlit as st

from app import errors_page, experiments_page, read_page, teach_page
from app.language import choose_language, plain, say
from netchu.core.errors import NetchuError


def main() -> None:
    st.set_page_config(page_title="netchu", page_icon="✍️", layout="wide")
    choose_language()
    pages = [
        st.Page(read_page.show, title=say("Read", "Đọc"), icon=":material/draw:", url_path="read", default=True),
        st.Page(teach_page.show, title=say("Teach", "Dạy"), icon=":material/school:", url_path="teach"),
        st.Page(
            experiments_page.show,
            title=say("Experiments", "Thí nghiệm"),
            icon=":material/science:",
            url_path="experiments",
        ),
        st.Page(errors_page.show, title=say("Errors", "Lỗi đọc"), icon=":material/rule:", url_path="errors"),
    ]
    try:
        st.navigation(pages).run()
    except NetchuError as error:
        st.error(plain(error))
    except OSError as error:  # such as a model that is being replaced
        message = say("A file cannot be read; reload the page", "Không đọc được một tệp; hãy tải lại trang")
        st.error(f"{message}: {plain(error)}")


main()
