# The service on CPUs, with the shipped reader inside: docs/service.md.
FROM python:3.13.7-slim-trixie AS build
WORKDIR /source
COPY LICENSE pyproject.toml requirements.txt ./
COPY netchu netchu
COPY models/pretrained models/pretrained
RUN python -m venv /opt/netchu \
    && /opt/netchu/bin/pip install --no-cache-dir --disable-pip-version-check --constraint requirements.txt ".[serve]"

FROM python:3.13.7-slim-trixie
COPY --from=build /opt/netchu /opt/netchu
ENV PATH=/opt/netchu/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# The user needs no name and no home folder: nothing is written.
USER 10001:10001
WORKDIR /
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=5)"]
ENTRYPOINT ["netchu", "serve"]
CMD ["--host", "0.0.0.0", "--port", "8000"]
