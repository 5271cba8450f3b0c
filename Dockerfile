# docker build -t visual-erm .                                                          (CPU)
# docker build -t visual-erm --build-arg BASE=nvidia/cuda:13.0.2-devel-ubuntu24.04 .    (CUDA)
# The steps are those of a machine without containers: .ci/packages and `make setup` (.ci/setup).
ARG BASE=debian:bookworm-slim
FROM ${BASE}
ARG PIP_EXTRA_INDEX_URL

# An environment outside of /work stays when a checkout is mounted there.
ENV VENV=/opt/erm PATH=/opt/erm/bin:${PATH} PIP_NO_CACHE_DIR=1
WORKDIR /work
COPY . .
RUN .ci/packages && rm -rf /var/lib/apt/lists/*
RUN make setup

CMD ["make", "repro"]
