# An agent of the SDK: registers on the bus of REDIS_URL as DREAMNET_ID, runs what is rolled out to it, and keeps it in
# /state. deploy/build-agent-image.mjs makes the context (the build, and the packages that an agent needs) and builds:
#
#   docker run -d -e REDIS_URL=redis://… -e DREAMNET_ID=agent-1 -v …/public-keys:/keys:ro -v agent-1:/state dreamnet-agent
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
ENV NODE_ENV=production DREAMNET_KEYS=/keys DREAMNET_STATE=/state
WORKDIR /dreamnet
COPY app .
COPY --chown=1000:1000 state /state
VOLUME /state
USER 1000:1000
ENTRYPOINT ["node", "dist/core/agent/container-main.js"]
