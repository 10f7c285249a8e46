# Mendline in a container: SQLite in the volume /data, or PostgreSQL when MENDLINE_DATABASE_URL says so.
#   docker build -t mendline .
#   docker run --name mendline -p 8000:8000 -v mendline-data:/data mendline
#   docker exec mendline mendline practice create "Practice at the river" --zone Europe/Vienna
# It starts on an empty volume: --migrate makes the database and its master key, and changes nothing that is at head.

FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/mendline && python -m venv /opt/build
# The libraries first: they change less often than the code, and the layer is kept.
COPY requirements.lock requirements-build.lock ./
RUN /opt/mendline/bin/pip install --require-hashes -r requirements.lock \
 && /opt/build/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
 && /opt/mendline/bin/pip install --no-deps /wheel/*.whl \
 && /opt/mendline/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN groupadd --gid 10001 mendline \
 && useradd --uid 10001 --gid mendline --no-create-home --shell /usr/sbin/nologin mendline \
 && install --directory --mode 0700 --owner mendline --group mendline /data
COPY --from=build /opt/mendline /opt/mendline
# Two heaps for all threads: with one for each, glibc keeps what every busy minute once needed.
ENV PATH=/opt/mendline/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1 \
    MENDLINE_DATA_DIR=/data
USER mendline
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["mendline", "serve", "--migrate", "--host", "0.0.0.0", "--port", "8000"]
