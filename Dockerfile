# Rookery as a container: docker build -t rookery . && docker run -v rookery:/var/lib/rookery -p 8080:8080 -p 25:2525 -p 587:2587 rookery
FROM node:24-bookworm-slim AS build
COPY . /source
RUN /source/packaging/build.sh /opt/rookery

FROM node:24-bookworm-slim
# The embedded PostgreSQL refuses root, and nothing here needs it: ports above 1024 are mapped by the engine.
RUN useradd --system --home-dir /var/lib/rookery --shell /usr/sbin/nologin rookery \
  && install -d -o rookery -g rookery -m 0700 /var/lib/rookery
COPY --from=build --chown=root:root /opt/rookery /opt/rookery
USER rookery
WORKDIR /var/lib/rookery
ENV ROOKERY_DATA_DIR=/var/lib/rookery ROOKERY_HOST=0.0.0.0 NODE_ENV=production
VOLUME /var/lib/rookery
EXPOSE 8080 2525 2587
# `node` itself, not a shell, so that SIGTERM reaches the server; it ends within ten seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.ROOKERY_HTTP_PORT || 8080) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/rookery/bin/rookery.js"]
CMD ["serve"]
