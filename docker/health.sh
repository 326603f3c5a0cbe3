#!/bin/sh
# Healthy = the files can be used, the ports listen, and MQTT is answered there; that a password is asked for is an answer too.
set -eu
config="${ZANZARA_CONFIG:-/mosquitto/config/mosquitto.conf}"
if [ -f "$config" ]; then exec zanzara doctor -c "$config"; else exec zanzara doctor; fi
