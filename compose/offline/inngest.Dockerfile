FROM beema-offline/python
COPY compose/offline/inngest /usr/local/bin/inngest
# Like the published image: no entry point, and a default command that only prints help.
EXPOSE 8288
CMD ["inngest"]
LABEL org.opencontainers.image.title="The embedded Inngest engine, for machines without a registry" dev.beema.offline=1
COPY embedded_inngest embedded_inngest
RUN python3 -m compileall -q embedded_inngest
