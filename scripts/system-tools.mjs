// The foreign programs of the interop tier: how each is found and which package of Debian or Ubuntu brings it.
// One table for `npm run setup:system` and for the tests; imports Node's own modules only.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @typedef {{ package: string, programs?: readonly string[], file?: string, purpose: string }} SystemTool */

/** By the name a test asks for.  @type {Readonly<Record<string, SystemTool>>} */
export const SYSTEM_TOOLS = {
  mosquitto: { package: 'mosquitto', purpose: 'the broker to compare with' },
  mosquitto_passwd: { package: 'mosquitto', purpose: 'a foreign writer of password files' },
  mosquitto_ctrl: { package: 'mosquitto', purpose: 'a foreign admin of dynamic security' },
  mosquitto_pub: { package: 'mosquitto-clients', purpose: 'a foreign publisher' },
  mosquitto_sub: { package: 'mosquitto-clients', purpose: 'a foreign subscriber' },
  mosquitto_rr: { package: 'mosquitto-clients', purpose: 'a foreign requester' },
  tshark: { package: 'tshark', purpose: 'judges what we put on the wire' },
  tcpdump: { package: 'tcpdump', purpose: 'captures on the loopback interface' },
  chromium: { package: 'chromium', programs: ['chromium', 'chromium-browser', 'google-chrome'], purpose: 'the browser client' },
  curl: { package: 'curl', purpose: 'runs the lines that the console gives' },
  python3: { package: 'python3', purpose: 'compiles the programs that the console gives' },
  gcc: { package: 'gcc', purpose: 'compiles the load generator' },
  'libc headers': { package: 'libc6-dev', file: '/usr/include/stdio.h', purpose: 'compiles the load generator' },
  openssl: { package: 'openssl', purpose: 'judges our certificates' },
  faketime: { package: 'faketime', purpose: 'moves the wall clock under a program' },
}

/** Programs of system administration are not on everybody's PATH. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/**
 * Where a tool lies; null when it is missing.
 * @param {string} name a key of SYSTEM_TOOLS
 * @returns {string | null}
 */
export function findTool(name) {
  const known = SYSTEM_TOOLS[name]
  if (known === undefined) throw new Error(`no system tool ${name}; add a row to scripts/system-tools.mjs`)
  if (known.file !== undefined) return existsSync(known.file) ? known.file : null
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_FOLDERS].filter((folder) => folder !== '')
  for (const program of known.programs ?? [name]) for (const folder of folders) if (isProgram(join(folder, program))) return join(folder, program)
  return null
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The packages that bring these tools, each once.
 * @param {readonly string[]} names
 */
export function packagesOf(names) {
  return [...new Set(names.map((name) => SYSTEM_TOOLS[name]?.package ?? name))]
}

/**
 * What to type as root to get packages.
 * @param {readonly string[]} packages
 */
export function installLine(packages) {
  return `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages.join(' ')}`
}
