FROM beema-offline/base
ENV LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data
# The real binaries, as Debian's own in /usr/bin start a Perl script first.
RUN ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
 && install -d -o postgres -g postgres -m 2775 /var/run/postgresql \
 && install -d -o postgres -g postgres -m 0700 "$PGDATA" \
 && install -d /docker-entrypoint-initdb.d
USER postgres
RUN initdb --username postgres --no-sync --auth-local trust --auth-host scram-sha-256 >/dev/null \
 && echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf" \
 && echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
COPY postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["docker-entrypoint.sh"]
# Fast shutdown: a SIGTERM would wait for the last client to leave.
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
LABEL org.opencontainers.image.title="Postgres of Debian, for machines without a registry" dev.beema.offline=1
