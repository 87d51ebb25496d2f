#!/bin/sh
# Makes the namespace and the search attributes that convoy fills. Safe to run again.
set -eu
: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"

temporal operator namespace describe "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 \
  || temporal operator namespace create --retention 30d "$TEMPORAL_NAMESPACE"
for name in ConvoyPipeline ConvoyStatus; do
  temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -qw "$name" \
    || temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
