# Two images from one file: `runtime` is what flows run in (runner, scheduler and workers alike; build
# yours FROM it), `operator` holds our operator and dask-kubernetes' operator, two entrypoints.
# `python3 -m hack.images build` makes the build context: wheels/ (third-party wheels, or empty where
# the build itself reaches an index), dist/ (our own wheel), requirements/.
#
# No init in front: dask, kopf and flowlib.runner handle SIGTERM as PID 1, and none leaves orphans.
ARG BASE_IMAGE=python:3.13-slim

# -- what is installed, third-party first: a change of our code touches only the small last layer
FROM ${BASE_IMAGE} AS installer
RUN python3 -m venv /opt/installer
COPY wheels /wheels
COPY install /usr/local/bin/install-wheels

FROM installer AS runtime-dependencies
COPY requirements/runtime.txt /requirements.txt
RUN sh /usr/local/bin/install-wheels

FROM installer AS operator-dependencies
COPY requirements/operator.txt /requirements.txt
RUN sh /usr/local/bin/install-wheels

FROM installer AS code
COPY dist /dist
# pip writes the interpreter it runs for into the commands: it must be the one that is shipped.
RUN python3 -m venv --without-pip /opt/flowrun \
 && /opt/installer/bin/pip --python /opt/flowrun/bin/python install --quiet --no-deps --no-index \
      --target /opt/flowrun-code /dist/*.whl

# -- what is shipped
FROM ${BASE_IMAGE} AS base
# kopf asks for the user's name: the numeric user needs its line in passwd. pip does not ship.
RUN echo 'flowrun:x:1000:1000::/tmp:/usr/sbin/nologin' >>/etc/passwd \
 && echo 'flowrun:x:1000:' >>/etc/group \
 && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* \
           /usr/local/lib/python3*/ensurepip /usr/share/python-wheels
ENV PATH=/opt/flowrun/bin:/opt/flowrun-code/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
WORKDIR /tmp
USER 1000:1000

FROM base AS runtime
COPY --from=runtime-dependencies /opt/flowrun /opt/flowrun
COPY --from=code /opt/flowrun-code /opt/flowrun-code
CMD ["flowrun", "--help"]

FROM base AS operator
# The working directory stays off sys.path: nothing mounted or written there can shadow a module.
ENV PYTHONSAFEPATH=1
COPY --from=operator-dependencies /opt/flowrun /opt/flowrun
COPY --from=code /opt/flowrun-code /opt/flowrun-code
CMD ["python", "-m", "flowrun_operator"]
