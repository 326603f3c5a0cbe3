// --payload: what the PUBLISH packets of a frame carry, one line each below the summary, as text, hexadecimal, JSON or CBOR.
// A payload that is not what was asked for is shown in hexadecimal, and said to be.

import { bytesText } from '../dissect/address-text.ts'
import { FIELDS } from '../dissect/field.ts'
import type { Packet } from '../dissect/packet.ts'
import { bytesOf, readValue } from '../dissect/value.ts'
import { cborText } from './cbor.ts'
import { treeEscaped } from './escapes.ts'
import type { Printer, PrinterNeeds } from './printer.ts'
import type { TextOutput } from './text-output.ts'

export type PayloadForm = 'text' | 'hex' | 'json' | 'cbor'

const TOPICS = new Set(['mqtt.topic', 'mqttsn.topic'])
const PAYLOADS = new Set(['mqtt.msg', 'mqtt.msg_text', 'mqttsn.pub.msg', 'coap.payload'])
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const INDENT = ' '.repeat(10)

export class PayloadPrinter implements Printer {
  readonly needs: PrinterNeeds = { names: [...TOPICS, ...PAYLOADS, 'mqtt.msgtype'], printed: [], columns: false }
  readonly #form: PayloadForm

  constructor(form: PayloadForm) {
    this.#form = form
  }

  begin(): void {}

  packet({ rows }: Packet, out: TextOutput): void {
    let topic = ''
    for (let row = 0; row < rows.count; row++) {
      const { name } = FIELDS[rows.field[row]!]!
      if (TOPICS.has(name)) topic = `${readValue(rows, row) ?? ''}`
      else if (PAYLOADS.has(name)) {
        out.text(`${INDENT}${topic === '' ? '' : `${treeEscaped(topic)}: `}${payloadText(bytesOf(rows, row), this.#form)}\n`)
        topic = ''
      }
    }
  }

  end(): void {}
}

/** One line. */
export function payloadText(bytes: Uint8Array, form: PayloadForm): string {
  if (bytes.length === 0) return '(empty)'
  const text = form === 'hex' ? null : form === 'cbor' ? cborText(bytes) : decoded(bytes)
  if (form === 'hex') return bytesText(bytes, '')
  if (text === null) return `(not ${form === 'cbor' ? 'CBOR' : 'UTF-8'}) ${bytesText(bytes, '')}`
  if (form !== 'json') return treeEscaped(text)
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return `(not JSON) ${treeEscaped(text)}`
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return TEXT.decode(bytes)
  } catch {
    return null
  }
}
