// What Mosquitto 2.1's broker printed for these files and command lines, and ours prints for them under its name: lines and exit codes.
// Left out on both sides: time stamps, version numbers, and the lines of docs/compatibility.md's list "Lines of the log".

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../interop/support/mosquitto.ts'
import { startProgram } from '../support/built.ts'
import { folder } from './support/broker-kit.ts'

interface Seen {
  /** The configuration file's lines, given with -c t.conf; absent = no file. PORT is a free port. */
  readonly file?: readonly string[]
  readonly args?: readonly string[]
  readonly log: readonly string[]
  /** It was stopped by SIGTERM once it ran. */
  readonly runs?: true
  readonly code: number
}

const START = [
  'mosquitto version V starting',
  'Config loaded from t.conf.',
  'Bridge support available.',
  'Persistence support available.',
  'TLS support available.',
  'TLS-PSK support available.',
  'Websockets support available.',
]
const END = 'mosquitto version V terminating'
const RUNNING = ['mosquitto version V running', END]
const first = (text: string): string[] => [`Error: ${text}`, 'Error found at t.conf:1.', END]

const SEEN: readonly Seen[] = [
  { args: ['-c', '/nonexistent.conf'], log: ["Error: Unable to open config file '/nonexistent.conf'.", END], code: 3 },
  { args: ['-c', 'DIR'], log: ["Error: Config file 'DIR' is a directory.", END], code: 3 },
  { args: ['-c'], log: ['Error: -c argument given, but no config file specified.', END], code: 3 },
  { args: ['-p'], log: ['Error: -p argument given, but no port specified.', END], code: 3 },
  { args: ['-p', '0'], log: ['Error: Invalid port specified (0).', END], code: 3 },
  { args: ['--x'], log: ["Error: Unknown option '--x'.", END], code: 3 },
  { args: ['--test-config'], log: ['Please provide a configuration file to test.', END], code: 3 },
  { file: ['bogus_option 1'], log: first("Unknown configuration variable 'bogus_option'."), code: 3 },
  { file: ['listener abc'], log: first("'listener port' value not a number."), code: 3 },
  { file: ['listener 70000'], log: first("Invalid 'port' value (70000)."), code: 3 },
  { file: ['allow_anonymous yes'], log: first("Invalid 'allow_anonymous' value (yes)."), code: 3 },
  { file: ['listener'], log: first("Empty 'listener port' value in configuration."), code: 3 },
  { file: ['topic x'], log: first("The 'topic' option requires a bridge to be defined first."), code: 3 },
  {
    file: ['# a', '# b', 'listener PORT', 'max_qos 5'],
    log: ["Error: 'max_qos' must be between 0 and 2 inclusive.", 'Error found at t.conf:4.', END],
    code: 3,
  },
  {
    file: ['allow_anonymous true', 'port PORT', 'bind_address 127.0.0.1'],
    log: [
      "The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.",
      "Creating default listener due to 'port' option.",
      "It is best practice to define a 'listener' first. Using the 'port' option without a listener will be disabled in the future.",
      'Warning: Default listener port specified multiple times. Only the latest will be used.',
      "The 'bind_address' option is now deprecated and will be removed in version 3.0. ",
      ...START,
      'Opening ipv4 listen socket on port PORT.',
      ...RUNNING,
    ],
    runs: true,
    code: 0,
  },
  {
    file: ['retry_interval 20', 'allow_duplicate_messages true', 'per_listener_settings false', 'listener PORT 127.0.0.1', 'allow_anonymous true'],
    log: [
      "Warning: The 'retry_interval' option is no longer available.",
      "The 'allow_duplicate_messages' option is now deprecated and will be removed in version 3.0. The behaviour will default to true.",
      "The 'per_listener_settings' option is now deprecated and will be removed in version 3.0. Please see the documentation for how to achieve the same effect.",
      ...START,
      'Opening ipv4 listen socket on port PORT.',
      ...RUNNING,
    ],
    runs: true,
    code: 0,
  },
  {
    file: ['max_connections 10'],
    args: ['-c', 't.conf', '-p', 'PORT'],
    log: [
      "Creating default listener due to 'max_connections' option.",
      "It is best practice to define a 'listener' first. Using the 'max_connections' option without a listener will be disabled in the future.",
      ...START,
      'Starting in local only mode. Connections will only be possible from clients running on this machine.',
      'Create a configuration file which defines a listener to allow remote access.',
      'Opening ipv4 listen socket on port PORT.',
      'Opening ipv6 listen socket on port PORT.',
      ...RUNNING,
    ],
    runs: true,
    code: 0,
  },
  {
    file: ['listener PORT 127.0.0.1', 'allow_anonymous true', 'listener PORT 127.0.0.1'],
    log: [...START, 'Opening ipv4 listen socket on port PORT.', 'Opening ipv4 listen socket on port PORT.', 'Error: Address already in use', END],
    code: 1,
  },
  { file: ['listener PORT 127.0.0.1', 'password_file /nope'], log: [...START, 'Error: Unable to open pwfile "/nope".', END], code: 13 },
  {
    file: ['listener PORT 127.0.0.1', 'certfile /nope', 'keyfile /nope', 'allow_anonymous true'],
    log: [...START, `Error: Unable to load server certificate '/nope'. Check certfile`, END],
    code: 1,
  },
  {
    file: ['listener PORT 127.0.0.1', 'log_timestamp false', 'allow_anonymous true'],
    args: ['-c', 't.conf', '-p', 'PORT2'],
    log: [...START, 'Opening ipv4 listen socket on port PORT.', ...RUNNING],
    runs: true,
    code: 0,
  },
]

/** Ours alone, or Mosquitto's alone: each is listed in docs/compatibility.md. */
const APART = [/^Info: running /, /^For more details see /, /^Warning: nobody can connect: /, /^There is no such file\.$/]

test.each(SEEN)('mosquitto %j', async ({ file, args = ['-c', 't.conf'], log, runs, code }) => {
  const path = folder()
  const ports = [await freePort(), await freePort()]
  const filled = (text: string): string => text.replace(/\bPORT(2?)\b/g, (_, n: string) => String(ports[n === '' ? 0 : 1]))
  mkdirSync(join(path, 'DIR'))
  if (file !== undefined) writeFileSync(join(path, 't.conf'), `${file.map(filled).join('\n')}\n`)
  const program = startProgram(['broker', ...args.map(filled)], { cwd: path, env: { ZANZARA_PROGRAM_NAME: 'mosquitto' } })
  if (runs === true) await program.until('stderr', / running\n/)
  expect(await program.ended(runs === true ? 'SIGTERM' : undefined)).toBe(code)
  const lines = program.log
    .filter((line) => !APART.some((pattern) => pattern.test(line)))
    .map((line) => line.replace(/(?<=^mosquitto version )2\.1\.\d+ \(zanzara [^)]*\)/, 'V'))
    // after the words that scripts know, ours say more: why, and what to do
    .map((line) => line.replace(/^(Error: Address already in use|Error: Unable to load server certificate '\/nope'\. Check certfile)[:.].*$/, '$1'))
  expect(lines).toEqual(log.map(filled))
})
