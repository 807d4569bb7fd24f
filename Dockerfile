# syntax=docker/dockerfile:1
# The mock as a service: docs/how-to/run-in-a-container.md.

# Debian's own Python, at whatever patch of its stable release; the official images of Python have pip and idle besides.
FROM debian:trixie-slim AS python
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*.log /var/log/apt

FROM python AS build
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY protos protos
COPY mockserver mockserver
COPY clients clients
COPY conformance conformance
# The mock's own work needs no pip, no parts of pyarrow for builders, servers and clouds, no second copies of
# its library, nothing that colours source code, and no symbols for debuggers.
RUN python3 -m venv /opt/aistudio-mock \
 && /opt/aistudio-mock/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --constraint constraints.txt '.[client,conformance]' \
 && /opt/aistudio-mock/bin/python -m pip uninstall --yes --quiet pygments markdown-it-py mdurl pip \
 && for part in include includes tests src '*flight*' '*s3*' '*.pyx' '*.pxd' '*.pxi' '*cpp_tests*' \
      '_gcsfs*' '_azurefs*' '_hdfs*' '_substrait*' libarrow_python.so 'libarrow_python.so.*.*.*'; \
    do find /opt/aistudio-mock/lib -path "*/pyarrow/$part" -prune -exec rm -rf {} +; done \
 && find /opt/aistudio-mock/lib -type f -name '*.so*' -exec strip --strip-unneeded {} +

FROM python
COPY --from=build /opt/aistudio-mock /opt/aistudio-mock
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin mock \
 && install -d -o mock -m 0700 /var/lib/aistudio-mock
ENV PATH=/opt/aistudio-mock/bin:$PATH \
    AISTUDIO_MOCK_CA_DIR=/var/lib/aistudio-mock \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /var/lib/aistudio-mock
EXPOSE 8442 8443 8444
HEALTHCHECK --interval=5s --timeout=15s --start-period=10s CMD ["aistudio-mock", "health"]
ENTRYPOINT ["aistudio-mock"]
CMD ["serve", "--host", "0.0.0.0"]
