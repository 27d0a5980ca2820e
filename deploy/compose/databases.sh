#!/bin/bash
# A role and a database per service, when PostgreSQL starts for the first time.
set -euo pipefail
for service in catalog profile gateway; do
    psql --set ON_ERROR_STOP=1 --set name="$service" --set password="$(cat "/run/secrets/$service-password")" \
        --username postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
SQL
done
