// Where Debian keeps Mosquitto's dynamic security plugin.
// Elsewhere than on amd64 the folder is that of the processor.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : []

/** A path, there or not. */
export const DYNSEC_PLUGIN: string =
  FOLDERS.map((name) => join('/usr/lib', name, 'mosquitto_dynamic_security.so')).find((path) => existsSync(path)) ?? '/usr/lib/mosquitto_dynamic_security.so'
