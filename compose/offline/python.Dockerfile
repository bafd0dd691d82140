FROM beema-offline/base
WORKDIR /opt/beema
COPY packages packages
RUN python3 -m compileall -q -j 0 packages
ENV LANG=C.UTF-8 PYTHONPATH=/opt/beema:/opt/beema/packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
CMD ["python3"]
ARG INPUTS
LABEL org.opencontainers.image.title="Python with the platform's packages, for machines without a registry" \
      dev.beema.offline=1 dev.beema.inputs=${INPUTS}
