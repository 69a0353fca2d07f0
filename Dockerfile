# One image for every process of the console; docker-compose.yml and deploy/kubernetes/ show how they run together.
FROM node:24.13.0-slim AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /app
COPY requirements/base.txt requirements/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
COPY --from=front /app/node_modules node_modules
# Collecting static files opens no server and uses no secret, yet the settings want them all named.
RUN PRODUCTION=true SECRET_KEY=build-without-meaning-0123456789abcdefghijklmnopqrstuv FIELD_ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= METRICS_TOKEN=build-without-meaning-0123456789ab ALLOWED_HOSTS=build \
    DATABASE_URL=postgresql:///build REDIS_URL=redis://build SITE_URL=https://build EMAIL_URL=console:// \
    sh -c '/venv/bin/python -m devtools.catalogues compile && /venv/bin/python manage.py collectstatic --noinput'
# They are in staticfiles by now, but for the icons: those are drawn into the pages.
RUN mv node_modules/@tabler/icons/icons/outline icons && rm -rf node_modules static \
    && mkdir -p node_modules/@tabler/icons/icons && mv icons node_modules/@tabler/icons/icons/outline

FROM python:3.11.14-slim-bookworm
# By number: Kubernetes cannot tell from a name that it is not root.
RUN useradd --uid 10001 --create-home console
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PRODUCTION=true PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001
EXPOSE 8000
CMD ["python", "-m", "msi_admin.serve", "--listen", "0.0.0.0:8000"]
