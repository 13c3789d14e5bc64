# One image, one process: the server on port 8080, with its embedded records unless MONGO_URI names a server.

FROM python:3.13-slim-trixie AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy
WORKDIR /app
RUN pip install --root-user-action=ignore uv==0.13.8 && python -m venv --without-pip /opt/venv
COPY requirements.txt ./
RUN uv pip install --no-cache --python /opt/venv/bin/python -r requirements.txt
COPY . ./
# Bytecode for our files and for what they import: a container may run read-only and could not keep it,
# and compiling everything that is installed would add many times as much.
RUN /opt/venv/bin/python -m compileall -q . \
 && /opt/venv/bin/python -c "import importlib, pkgutil; [importlib.import_module(found.name) for found in pkgutil.walk_packages(['.'])]"

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Orquestra" \
      org.opencontainers.image.description="Assistants that answer from their own documents" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8080
WORKDIR /app
RUN apt-get update \
 && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-por tesseract-ocr-fra tesseract-ocr-spa \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin orquestra \
 && install -d -o orquestra -g orquestra -m 0700 data documents
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app ./
USER 10001:10001
VOLUME ["/app/data", "/app/documents"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=4)"]
# Exec form: SIGTERM reaches Python itself, which finishes the answers that are under way.
CMD ["python", "main.py"]
