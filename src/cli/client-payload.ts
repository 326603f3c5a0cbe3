// The payload of pub and rr: from the command line, a file or standard input, read before anything is connected.
// Lines of standard input (pub -l) are read while connected: see pub.ts.

import { readFileSync, statSync } from 'node:fs'

import type { ErrorOutput } from './client-command.ts'
import { systemErrorText } from './client-errors.ts'
import type { ClientSettings } from './client-settings.ts'
import type { Terminal } from './terminal.ts'

/** Bytes of the longest payload: what the Remaining Length of a packet can say [MQTT 5.0, section 1.5.5]. */
const LONGEST = 268_435_455

/** The payload; null = lines of standard input; `failed` when it cannot be had, and why has been printed. */
export async function readPayload(settings: ClientSettings, io: Terminal, errors: ErrorOutput): Promise<Uint8Array | null | 'failed'> {
  const source = settings.payload!
  switch (source.from) {
    case 'text':
      return Buffer.from(source.text)
    case 'nothing':
      return new Uint8Array(0)
    case 'stdin lines':
      return null
    case 'file':
      return readFile(source.path, errors)
    case 'stdin':
      return await readAll(io, errors)
  }
}

function readFile(path: string, errors: ErrorOutput): Uint8Array | 'failed' {
  let reason: string
  try {
    const content = statSync(path).size > LONGEST ? null : readFileSync(path)
    if (content !== null && content.length <= LONGEST) return content
    reason = `File must be less than ${LONGEST} bytes.\n`
  } catch (error) {
    reason = `Unable to read file "${path}": ${systemErrorText(error)}.`
  }
  errors.print(`Error: ${reason}\nError loading input file "${path}".`)
  return 'failed'
}

async function readAll(io: Terminal, errors: ErrorOutput): Promise<Uint8Array | 'failed'> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of io.stdin) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LONGEST) break
  }
  if (length > 0 && length <= LONGEST) return Buffer.concat(chunks)
  const reason = length === 0 ? 'Zero length input.' : `Message length must be less than ${LONGEST} bytes.\n`
  errors.print(`Error: ${reason}\nError loading input from stdin.`)
  return 'failed'
}
