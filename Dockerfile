# The one image: the agency binary with its page, OpenCode and git.
#   docker build -t the-agency .

FROM rust:1.95.0-slim-trixie AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ git make nodejs npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# `just build` prepares Trunk, wasm-bindgen, wasm-opt and OpenCode, builds the page, and then the binary that holds it.
RUN CI=true npx -y rust-just build

FROM debian:trixie-slim
# The owner of the repositories on the host: git refuses to work in another user's.
ARG UID=1000
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl git openssh-client ripgrep tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid "$UID" --create-home agency \
 && install -d -o agency -g agency /data /repos
COPY --from=build /src/target/release/agency /usr/local/bin/agency
COPY --from=build /src/node_modules/opencode-ai/bin/opencode.exe /usr/local/bin/opencode
USER agency
WORKDIR /data
# Inside the container the server listens on every interface; which hosts may call it is still a list.
ENV AGENCY_SERVER__HOST=0.0.0.0 \
    AGENCY_SERVER__ALLOWED_HOSTS='["localhost","127.0.0.1"]' \
    AGENCY_DATA_DIR=/data \
    AGENCY_DATABASE__URL=sqlite:///data/agency.db \
    AGENCY_LOG__FORMAT=json
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:8000/health"]
# tini ends what agents leave behind.
ENTRYPOINT ["tini", "--", "agency"]
CMD ["serve"]
