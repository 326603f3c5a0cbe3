#!/bin/sh
# What the container runs. Words after the image's name are a command: `mosquitto …` and `mosquitto_pub …` as in the image eclipse-mosquitto,
# `sh`, or one of zanzara's own. Without words: the broker with the mounted configuration, or for the network with a password made up and printed.
set -eu
config="${ZANZARA_CONFIG:-/mosquitto/config/mosquitto.conf}"
case "${1-}" in
  '') if [ -f "$config" ]; then exec zanzara broker -c "$config"; else exec zanzara --lan; fi ;;
  mosquitto | mosquitto_* | zanzara | sh | /*) exec "$@" ;;
  *) exec zanzara "$@" ;;
esac
