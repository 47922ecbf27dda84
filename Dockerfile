# citelift in a container: not root, its own files only read, every package by the hash that the lock names.
#   docker build -t citelift .          (PYTHON=python:3.13-slim-trixie@sha256:… pins the base image too)
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1
RUN python3 -m venv /opt/citelift
COPY requirements.lock /src/
RUN /opt/citelift/bin/python -m pip install --quiet --require-hashes -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY tracker /src/tracker
COPY analysis /src/analysis
COPY dashboard /src/dashboard
COPY prompts /src/prompts
RUN /opt/citelift/bin/python -m pip install --quiet --no-build-isolation --no-deps /src
# What only development needs goes; bytecode is made now, since nobody may write it later.
RUN find /opt/citelift -depth -type d -path '*/site-packages/*/tests' -exec rm -rf {} + \
    && rm -rf /opt/citelift/lib/python3*/site-packages/pyarrow/include \
    && /opt/citelift/bin/python -m pip uninstall --quiet --yes pip \
    && /opt/citelift/bin/python -m compileall -q -j 0 /opt/citelift/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="citelift" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --home-dir /data --create-home --shell /usr/sbin/nologin citelift
COPY --from=build /opt/citelift /opt/citelift
ENV PATH=/opt/citelift/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOME=/data OPENBLAS_NUM_THREADS=1 \
    CITELIFT_DATABASE_URL=sqlite:////data/citelift.db CITELIFT_CATALOG=/data/catalog
USER 10001:10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["citelift"]
CMD ["--help"]
