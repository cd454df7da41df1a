"""Names that streets bear all over Vietnam: rulers, generals, poets, revolutionaries, places and dates."""

STREETS = tuple(
    name.strip()
    for name in """
An Dương Vương|Âu Cơ|Ấp Bắc|Bà Hạt|Bà Huyện Thanh Quan|Ba Tháng Hai|Bà Triệu|Bạch Đằng|Bạch Mai|Bế Văn Đàn|Bến Nghé
Bùi Đình Túy|Bùi Hữu Nghĩa|Bùi Thị Xuân|Bùi Viện|Cách Mạng Tháng Tám|Cách Mạng Tháng 8|Cao Bá Quát|Cao Đạt|Cao Lỗ
Cao Thắng|Cao Xuân Dục|Cầu Giấy|Châu Thượng Văn|Chi Lăng|Chu Huy Mân|Chu Mạnh Trinh|Chu Văn An|Cô Bắc|Cô Giang
Cộng Hòa|Cống Quỳnh|Cù Chính Lan|Cửa Bắc|Cửa Đông|Dã Tượng|Dương Bá Trạc|Dương Đình Nghệ|Dương Quảng Hàm
Dương Tử Giang|Duy Tân|Đặng Chất|Đặng Dung|Đặng Huy Trứ|Đặng Nguyên Cẩn|Đặng Tất|Đặng Thai Mai|Đặng Thái Thân
Đặng Tiến Đông|Đặng Trần Côn|Đặng Văn Bi|Đặng Văn Ngữ|Đào Cam Mộc|Đào Duy Anh|Đào Duy Từ|Đào Tấn|Đất Thánh|Đề Thám
Điện Biên Phủ|Đinh Bộ Lĩnh|Đinh Công Tráng|Đinh Lễ|Đinh Liệt|Đinh Tiên Hoàng|Đinh Văn Tả|Đoàn Kết|Đoàn Nhữ Hài
Đoàn Thị Điểm|Đoàn Trần Nghiệp|Đoàn Văn Bơ|Đỗ Hành|Đỗ Ngọc Thạnh|Đỗ Nhuận|Đỗ Quang|Đỗ Xuân Hợp|Độc Lập|Đội Cấn|Đống Đa
Đồng Khởi|Đồng Nai|Đồng Tâm|Giải Phóng|Giảng Võ|Hà Huy Giáp|Hà Huy Tập|Hai Bà Trưng|Hải Thượng Lãn Ông|Hàm Nghi|Hàm Tử
Hàn Mặc Tử|Hàn Thuyên|Hàng Bài|Hàng Bạc|Hàng Bông|Hàng Buồm|Hàng Chuối|Hàng Đào|Hàng Đậu|Hàng Gai|Hàng Mã|Hàng Thùng
Hàng Trống|Hậu Giang|Hoa Lư|Hòa Bình|Hòa Hảo|Hòa Hưng|Hoàng Cầu|Hoàng Diệu|Hoàng Đạo Thúy|Hoàng Hoa Thám|Hoàng Ngân
Hoàng Quốc Việt|Hoàng Sa|Hoàng Thế Thiện|Hoàng Văn Thái|Hoàng Văn Thụ|Hoàng Việt|Hồ Bá Kiện|Hồ Biểu Chánh|Hồ Đắc Di
Hồ Hảo Hớn|Hồ Học Lãm|Hồ Huấn Nghiệp|Hồ Ngọc Lãm|Hồ Tùng Mậu|Hồ Thị Kỷ|Hồ Văn Huê|Hồ Xuân Hương|Hồng Bàng|Hồng Hà
Hùng Vương|Huyền Quang|Huyền Trân Công Chúa|Huỳnh Đình Hai|Huỳnh Khương An|Huỳnh Khương Ninh|Huỳnh Mẫn Đạt
Huỳnh Ngọc Huệ|Huỳnh Tấn Phát|Huỳnh Thúc Kháng|Huỳnh Tịnh Của|Huỳnh Văn Bánh|Huỳnh Văn Nghệ|Kha Vạn Cân|Khâm Thiên
Khuất Duy Tiến|Khuông Việt|Khúc Thừa Dụ|Khương Trung|Kim Đồng|Kim Giang|Kim Liên|Kim Mã|Kim Ngưu|Kinh Dương Vương
Kỳ Con|Kỳ Đồng|La Thành|Lạc Long Quân|Lạc Trung|Lãnh Binh Thăng|Láng Hạ|Lê Anh Xuân|Lê Bình|Lê Công Kiều|Lê Đại Hành
Lê Đình Lý|Lê Đức Thọ|Lê Đức Thuận|Lê Duẩn|Lê Hồng Phong|Lê Hữu Trác|Lê Lai|Lê Lăng|Lê Lợi|Lê Minh Xuân|Lê Ngọc Hân
Lê Niệm|Lê Phụng Hiểu|Lê Quang Đạo|Lê Quang Định|Lê Quang Sung|Lê Quý Đôn|Lê Sao|Lê Tấn Quốc|Lê Thạch|Lê Thánh Tôn
Lê Thánh Tông|Lê Thị Hồng Gấm|Lê Thị Riêng|Lê Trọng Tấn|Lê Trung Nghĩa|Lê Trực|Lê Tự Tài|Lê Văn Duyệt|Lê Văn Hưu
Lê Văn Khương|Lê Văn Linh|Lê Văn Lương|Lê Văn Sỹ|Lê Văn Thịnh|Lê Văn Thọ|Lê Văn Việt|Liễu Giai|Lò Đúc|Lũy Bán Bích
Lữ Gia|Lương Định Của|Lương Khánh Thiện|Lương Ngọc Quyến|Lương Nhữ Học|Lương Thế Vinh|Lương Văn Can|Lưu Hữu Phước
Lưu Trọng Lư|Lý Bôn|Lý Chiêu Hoàng|Lý Chính Thắng|Lý Nam Đế|Lý Quốc Sư|Lý Thái Tổ|Lý Thánh Tông|Lý Thường Kiệt
Lý Tự Trọng|Lý Văn Phức|Mạc Cửu|Mạc Đĩnh Chi|Mạc Thị Bưởi|Mã Mây|Mai Chí Thọ|Mai Hắc Đế|Mai Thị Lựu|Mai Thúc Loan
Mai Xuân Thưởng|Man Thiện|Mậu Thân|Mẹ Suốt|Minh Khai|Minh Phụng|Nam Kỳ Khởi Nghĩa|Nam Cao|Ngọc Hà|Ngọc Hồi|Ngô Đức Kế
Ngô Gia Tự|Ngô Mây|Ngô Nhân Tịnh|Ngô Quyền|Ngô Sĩ Liên|Ngô Tất Tố|Ngô Thị Nhậm|Ngô Thì Nhậm|Ngô Thời Nhiệm|Ngô Văn Sở
Nguyễn An Ninh|Nguyễn Ái Quốc|Nguyễn Ảnh Thủ|Nguyễn Bá Tòng|Nguyễn Biểu|Nguyễn Bỉnh Khiêm|Nguyễn Cảnh Chân
Nguyễn Chí Thanh|Nguyễn Công Hoan|Nguyễn Công Trứ|Nguyễn Cư Trinh|Nguyễn Cửu Vân|Nguyễn Du|Nguyễn Duy Dương
Nguyễn Duy Hiệu|Nguyễn Duy Trinh|Nguyễn Đình Chiểu|Nguyễn Đình Chính|Nguyễn Đình Thi|Nguyễn Đức Cảnh|Nguyễn Đức Thuận
Nguyễn Gia Thiều|Nguyễn Hoàng|Nguyễn Hồng Đào|Nguyễn Huệ|Nguyễn Huy Lượng|Nguyễn Huy Tự|Nguyễn Huy Tưởng
Nguyễn Huyền Tôn|Nguyễn Hữu Cảnh|Nguyễn Hữu Cầu|Nguyễn Hữu Huân|Nguyễn Hữu Thọ|Nguyễn Hữu Tiến|Nguyễn Khang
Nguyễn Khánh Toàn|Nguyễn Khắc Nhu|Nguyễn Khoái|Nguyễn Khuyến|Nguyễn Kiệm|Nguyễn Kim|Nguyễn Lâm|Nguyễn Lương Bằng
Nguyễn Minh Hoàng|Nguyễn Ngọc Nại|Nguyễn Oanh|Nguyễn Phi Khanh|Nguyễn Phong Sắc|Nguyễn Phúc Chu|Nguyễn Phúc Nguyên
Nguyễn Quang Bích|Nguyễn Quý Anh|Nguyễn Quyền|Nguyễn Sinh Sắc|Nguyễn Siêu|Nguyễn Sơn|Nguyễn Sơn Hà|Nguyễn Súy
Nguyễn Tất Thành|Nguyễn Thái Bình|Nguyễn Thái Học|Nguyễn Thái Sơn|Nguyễn Thị Định|Nguyễn Thị Minh Khai|Nguyễn Thị Nhỏ
Nguyễn Thị Tần|Nguyễn Thị Thập|Nguyễn Thiện Thuật|Nguyễn Thiếp|Nguyễn Thông|Nguyễn Thượng Hiền|Nguyễn Tiểu La
Nguyễn Trãi|Nguyễn Tri Phương|Nguyễn Trọng Tuyển|Nguyễn Trung Trực|Nguyễn Trường Tộ|Nguyễn Tuân|Nguyễn Văn Bảo
Nguyễn Văn Cừ|Nguyễn Văn Đậu|Nguyễn Văn Giai|Nguyễn Văn Huyên|Nguyễn Văn Lạc|Nguyễn Văn Linh|Nguyễn Văn Lương
Nguyễn Văn Nghi|Nguyễn Văn Quá|Nguyễn Văn Quỳ|Nguyễn Văn Thoại|Nguyễn Văn Thủ|Nguyễn Văn Trỗi|Nguyễn Văn Tố
Nguyễn Viết Xuân|Nguyễn Xí|Nguyễn Xiển|Nguyễn Xuân Khoát|Nhất Chi Mai|Nhật Tảo|Nơ Trang Long|Núi Thành|Ông Ích Khiêm
Ông Ích Đường|Pasteur|Pháo Đài Láng|Phạm Đình Hổ|Phạm Hồng Thái|Phạm Hùng|Phạm Hữu Chí|Phạm Hữu Lầu|Phạm Ngọc Thạch
Phạm Ngũ Lão|Phạm Phú Thứ|Phạm Thế Hiển|Phạm Văn Bạch|Phạm Văn Chí|Phạm Văn Chiêu|Phạm Văn Đồng|Phạm Văn Hai
Phạm Văn Nghị|Phạm Văn Thuận|Phạm Viết Chánh|Phan Anh|Phan Bội Châu|Phan Châu Trinh|Phan Chu Trinh|Phan Đăng Lưu
Phan Đình Giót|Phan Đình Phùng|Phan Huy Chú|Phan Huy Ích|Phan Kế Bính|Phan Liêm|Phan Ngữ|Phan Phù Tiên|Phan Thanh
Phan Thanh Giản|Phan Trọng Tuệ|Phan Tứ|Phan Văn Hân|Phan Văn Hớn|Phan Văn Khỏe|Phan Văn Trị|Phan Văn Trường
Phan Xích Long|Phó Đức Chính|Phó Cơ Điều|Phố Huế|Phổ Quang|Phú Thọ Hòa|Phùng Chí Kiên|Phùng Hưng|Phùng Khắc Khoan
Phùng Văn Cung|Phương Mai|Quán Sứ|Quán Thánh|Quang Trung|Quốc Tử Giám|Rạch Bùng Binh|Sinh Trung|Sư Vạn Hạnh
Sương Nguyệt Ánh|Tạ Hiện|Tạ Quang Bửu|Tạ Uyên|Tản Đà|Tản Viên|Tân Hải|Tân Hương|Tân Kỳ Tân Quý|Tân Mai|Tân Sơn Nhì
Tây Hòa|Tây Sơn|Tây Thạnh|Tên Lửa|Thạch Lam|Thạch Thị Thanh|Thái Hà|Thái Phiên|Thái Thịnh|Thái Văn Lung|Thành Công
Thành Thái|Thanh Nhàn|Thảo Điền|Thăng Long|Thân Nhân Trung|Thi Sách|Thích Minh Nguyệt|Thích Quảng Đức|Thiệu Trị
Thoại Ngọc Hầu|Thống Nhất|Thợ Nhuộm|Thủ Khoa Huân|Thụy Khuê|Thuận Kiều|Tiền Giang|Tiểu La|Tỉnh lộ 10|Tỉnh lộ 8
Tô Hiến Thành|Tô Hiệu|Tô Hoài|Tô Ký|Tô Ngọc Vân|Tố Hữu|Tôn Đản|Tôn Đức Thắng|Tôn Thất Đạm|Tôn Thất Hiệp
Tôn Thất Thuyết|Tôn Thất Tùng|Tống Duy Tân|Tống Phước Phổ|Tống Văn Trân|Tràng Tiền|Trần Bình|Trần Bình Trọng
Trần Cao Vân|Trần Cung|Trần Cừ|Trần Duy Hưng|Trần Đăng Ninh|Trần Đình Xu|Trần Điền|Trần Đại Nghĩa|Trần Hòa
Trần Hoàng Na|Trần Hưng Đạo|Trần Huy Liệu|Trần Hữu Dực|Trần Hữu Trang|Trần Kế Xương|Trần Khánh Dư|Trần Khát Chân
Trần Kim Xuyến|Trần Mai Ninh|Trần Minh Quyền|Trần Nguyên Đán|Trần Nguyên Hãn|Trần Nhân Tông|Trần Nhật Duật|Trần Não
Trần Phú|Trần Quang Diệu|Trần Quang Khải|Trần Quốc Hoàn|Trần Quốc Thảo|Trần Quốc Toản|Trần Quý|Trần Quý Cáp
Trần Thái Tông|Trần Thánh Tông|Trần Thiện Chánh|Trần Thủ Độ|Trần Tống|Trần Tuấn Khải|Trần Văn Dư|Trần Văn Đang
Trần Văn Hoài|Trần Văn Kỷ|Trần Văn Ơn|Trần Văn Quang|Trần Vỹ|Trần Xuân Soạn|Tri Phương|Trịnh Công Sơn|Trịnh Đình Thảo
Trịnh Hoài Đức|Trịnh Văn Cấn|Triệu Quang Phục|Triệu Việt Vương|Trung Kính|Trưng Nhị|Trưng Nữ Vương|Trưng Trắc
Trương Công Định|Trương Định|Trương Hán Siêu|Trương Quốc Dung|Trương Quyền|Trương Vĩnh Ký|Trường Chinh|Trường Sa
Trường Sơn|Tú Xương|Tuệ Tĩnh|Tùng Thiện Vương|Tự Do|Tự Lập|Ung Văn Khiêm|Út Tịch|Vạn Hạnh|Vạn Kiếp|Vạn Phúc|Vân Đồn
Văn Cao|Văn Tiến Dũng|Vành Đai|Vĩnh Viễn|Võ Chí Công|Võ Duy Ninh|Võ Nguyên Giáp|Võ Oanh|Võ Thành Trang|Võ Thị Sáu
Võ Trường Toản|Võ Văn Kiệt|Võ Văn Ngân|Võ Văn Tần|Võ Văn Vân|Vọng|Vũ Hữu|Vũ Huy Tấn|Vũ Ngọc Phan|Vũ Phạm Hàm
Vũ Tông Phan|Vũ Trọng Phụng|Vũ Tùng|Vương Thừa Vũ|Vườn Chuối|Vườn Lài|Xã Đàn|Xô Viết Nghệ Tĩnh|Xuân Diệu|Xuân Đỉnh
Xuân Hồng|Xuân La|Xuân Thủy|Xuân 68|Xuyên Á|Ỷ Lan|Yên Bái|Yên Đỗ|Yên Hòa|Yên Phụ|Yên Thế|Yersin|Yết Kiêu|Quốc lộ 1A
Quốc lộ 13|Quốc lộ 51|Quốc lộ 5|Quốc lộ 20|Quốc lộ 22|QL 1A|QL 13|30 Tháng 4|30/4|3 Tháng 2|3/2|2 Tháng 9|2/9
19 Tháng 5|26 Tháng 3|27 Tháng 7
""".replace("\n", "|").split("|")
    if name.strip()
)
