#!/bin/sh
# Run once by the postgres image, as its superuser, when the volume is new: the owner of the
# tables, who migrates, and the role of the running product (docs/operations.md).
set -eu

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner_password="$DATABASE_OWNER_PASSWORD" -v password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE fingerpost_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE fingerpost LOGIN PASSWORD :'password';
ALTER DATABASE :"DBNAME" OWNER TO fingerpost_owner;
ALTER SCHEMA public OWNER TO fingerpost_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- The product stores no files: nobody but the superuser makes large objects.
REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;
SQL
