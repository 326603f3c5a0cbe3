// `zanzara db dump FILE|DIR [--json]`: what a database of Mosquitto, or our journal, holds. Reads only, also beside a running broker.
// One line per record, in their order.

import { readFile, stat } from 'node:fs/promises'
import { escapeControls } from '../server/log-destinations.ts'
import { type Description, describePayload, describeRecord } from '../store/describe-record.ts'
import { eachRecord } from '../store/each-record.ts'
import { DiskFiles } from '../store/files.ts'
import { type MosquittoDatabase, MosquittoState, readMosquittoDatabase } from '../store/mosquitto-db.ts'
import { asRecordBatch, scanSegments } from '../store/scan.ts'
import { systemErrorText } from './client-errors.ts'
import { storeFolder } from './store-folder.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara db shows what is stored on disk.

Usage: zanzara db dump FILE [--json]     a database of Mosquitto, such as mosquitto.db
       zanzara db dump DIR [--json]      the journal in a broker's persistence_location

  --json       one JSON object a line
  --help       this text

Exit code: 0 shown, 1 could not be read or damaged, 2 wrong arguments.

Examples:
  zanzara db dump /var/lib/mosquitto/mosquitto.db
  zanzara db dump /var/lib/mosquitto --json | jq 'select(.record == "session")'
`

const STATES: Readonly<Record<number, string>> = {
  [MosquittoState.AwaitingPuback]: 'awaiting PUBACK',
  [MosquittoState.AwaitingPubrec]: 'awaiting PUBREC',
  [MosquittoState.AwaitingPubrel]: 'awaiting PUBREL',
  [MosquittoState.AwaitingPubcomp]: 'awaiting PUBCOMP',
  [MosquittoState.Queued]: 'queued',
}

/** Runs the command; returns its exit code. */
export async function runDb(argv: readonly string[], io: Terminal): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(HELP)
    await io.stdout.flush()
    return 0
  }
  const words = argv.filter((word) => !word.startsWith('-'))
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--json')
  const [verb, path] = words
  const what =
    unknown !== undefined
      ? `Unknown option '${unknown}'.`
      : verb === undefined
        ? 'Give a command: zanzara db dump FILE'
        : verb !== 'dump'
          ? `There is no 'db ${escapeControls(verb)}'. Did you mean: zanzara db dump`
          : path === undefined || words.length > 2
            ? 'Give one file or folder.'
            : ''
  if (what !== '') {
    io.stderr.write(`Error: ${what}\n\nUse 'zanzara db --help' to see usage.\n`)
    await io.stderr.flush()
    return 2
  }
  const write = argv.includes('--json') ? (one: Description) => `${JSON.stringify(one)}\n` : inWords
  try {
    return (await stat(path!)).isDirectory() ? await dumpJournal(path!, write, io) : await dumpMosquitto(path!, write, io)
  } catch (error) {
    const ofSystem = (error as NodeJS.ErrnoException).syscall !== undefined
    io.stderr.write(`Error: ${ofSystem ? `${escapeControls(path!)}: ${systemErrorText(error)}` : (error as Error).message}\n`)
    await io.stderr.flush()
    return 1
  }
}

async function dumpJournal(named: string, write: (one: Description) => string, io: Terminal): Promise<number> {
  const files = new DiskFiles()
  const folder = await storeFolder(files, named)
  let code = 0
  for await (const segment of scanSegments(files, folder)) {
    if (segment.isMissing) {
      io.stderr.write(`Error: ${segment.path} is missing\n`)
      code = 1
    }
    for (const piece of segment.pieces) {
      if (piece.kind === 'damage') {
        io.stderr.write(`Error: ${segment.path}: bytes ${piece.at} to ${piece.end - 1}: ${piece.why}\n`)
        code = 1
        continue
      }
      const at = new Date(piece.head.wallMs).toISOString()
      eachRecord(asRecordBatch(segment, piece), segment.path, (type, fields, number, offset, sequence) => {
        io.stdout.write(write({ sequence, at, place: `${number}:${offset}`, ...describeRecord(type, fields) }))
      })
      if (io.stdout.full) await io.stdout.flush()
    }
  }
  await io.stdout.flush()
  await io.stderr.flush()
  return code
}

async function dumpMosquitto(path: string, write: (one: Description) => string, io: Terminal): Promise<number> {
  const database = readMosquittoDatabase(await readFile(path), path)
  for (const one of describeMosquitto(database)) {
    io.stdout.write(write(one))
    if (io.stdout.full) await io.stdout.flush()
  }
  for (const note of database.notes) io.stderr.write(`Warning: ${note}\n`)
  await io.stdout.flush()
  await io.stderr.flush()
  return 0
}

function* describeMosquitto(database: MosquittoDatabase): Generator<Description> {
  yield { record: 'database', version: database.version }
  for (const { expiresAt, ...client } of database.clients) yield { record: 'client', ...client, expiresAt: timeOf(expiresAt) }
  for (const subscription of database.subscriptions) yield { record: 'subscription', ...subscription }
  for (const { id, expiresAt, payload, properties, ...message } of database.messages.values())
    yield { record: 'message', id: Number(id), expiresAt: timeOf(expiresAt), ...message, ...describePayload(payload), ...describeProperties(properties) }
  for (const { messageId, state, properties, ...rest } of database.clientMessages)
    yield { record: 'client-message', message: Number(messageId), ...rest, state: STATES[state] ?? state, ...describeProperties(properties) }
  for (const id of database.retained) yield { record: 'retained', message: Number(id), topic: database.messages.get(id)?.topic ?? null }
}

function describeProperties(properties: Uint8Array): Description {
  return properties.length === 0 ? {} : { propertiesHex: Buffer.from(properties).toString('hex') }
}

function timeOf(seconds: number): string | null {
  return seconds === 0 ? null : new Date(seconds * 1000).toISOString()
}

/** `1 session clientId=a expiryInterval=0 …`: what needs quotes has JSON's. */
function inWords(one: Description): string {
  const { sequence, at: _at, record, ...rest } = one
  let line = sequence === undefined ? String(record) : `${String(sequence)} ${String(record)}`
  for (const [name, value] of Object.entries(rest)) {
    if (value === null) continue
    const text = typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value)
    line += ` ${name}=${text}`
  }
  return `${escapeControls(line)}\n`
}
