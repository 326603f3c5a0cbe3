// Payloads by their media type: JSON and lines of text are dissected, other types that Wireshark knows are named in frame.protocols.
// Asked by MQTT (Content Type) and CoAP (Content-Format).

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { TEXT_LINES } from './data-fields.ts'
import { TEXT_ROW } from './field.ts'
import { ROOT } from './rows.ts'
import { textAt } from './value.ts'

/** Wireshark's dissector for each media type; a type that is not here is left alone. */
const DISSECTORS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    json: [
      'application/json',
      'application/jsonrequest',
      'application/json-rpc',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/problem+json',
      'application/dds-web+json',
      'application/senml+json',
      'application/sensml+json',
      'application/vnd.oma.lwm2m+json',
    ],
    'data-text-lines': ['text/plain', 'text/html', 'text/css', 'text/javascript', 'text/richtext', 'application/x-javascript'],
    xml: ['text/xml', 'application/xml', 'application/soap+xml', 'application/atom+xml', 'application/rss+xml', 'application/xml-dtd', 'image/svg+xml'],
    data: ['application/octet-stream'],
    cbor: ['application/cbor', 'application/cbor-seq', 'application/senml+cbor', 'application/sensml+cbor'],
    cose: ['application/cose', 'application/cose-key', 'application/cose-key-set'],
    'urlencoded-form': ['application/x-www-form-urlencoded'],
    lwm2mtlv: ['application/vnd.oma.lwm2m+tlv'],
  }).flatMap(([name, types]) => types.map((type): [string, string] => [type, name])),
)

/** `type` is without parameters, in any case. Columns are set even for an empty payload. */
export function dissectMedia(context: DissectContext, type: string, source: number, start: number, length: number): void {
  const name = DISSECTORS.get(type.toLowerCase())
  switch (name) {
    case undefined:
      return
    case 'json':
      return dissectJson(context, type, source, start, length)
    case 'data':
      return addData(context, source, start, length)
    case 'data-text-lines':
      if (context.demand.columns) context.columns.appendInfo(` (${type})`)
      return dissectTextLines(context, type, source, start, length)
    default:
      if (length > 0) context.layers.push(name)
      if (name === 'xml' && context.demand.columns) context.columns.protocol += '/XML'
      if (name === 'urlencoded-form' && context.demand.columns) context.columns.appendInfo(` (${type})`)
  }
}

function dissectJson(context: DissectContext, type: string, source: number, start: number, length: number): void {
  const { columns, demand, rows } = context
  if (demand.columns) {
    columns.protocol += '/JSON'
    columns.appendInfoAfter(', ', `JavaScript Object Notation (${type})`)
  }
  const json = context.registry.named('json')
  if (json === null || length === 0) return
  const row = rows.count
  context.call('json', json.dissect, source, start, length)
  if (rows.count > row && demand.text(rows.field[row]!)) rows.setText(row, `JavaScript Object Notation: ${type}`)
}

const [LINE_FEED, RETURN] = [0x0a, 0x0d] as const

/** One line of the tree per line of text. `type` is the media type, empty when nothing tells it. */
export function dissectTextLines(context: DissectContext, type: string, source: number, start: number, length: number): void {
  const { demand, rows } = context
  const bytes = rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  if (end <= start) return
  context.layers.push('data-text-lines')
  const root = rows.add(TEXT_LINES.protocol, source, start, end - start, ROOT)
  if (!demand.text(TEXT_LINES.protocol)) return
  let count = 0
  for (let at = start; at < end; count++) {
    let next = at
    while (next < end && bytes[next] !== LINE_FEED && bytes[next] !== RETURN) next++
    if (next < end) next += bytes[next] === RETURN && next + 1 < end && bytes[next + 1] === LINE_FEED ? 2 : 1
    rows.setText(rows.add(TEXT_ROW, source, at, next - at, root), textAt(bytes, at, next - at))
    at = next
  }
  rows.setText(root, `Line-based text data${type === '' ? '' : `: ${type}`} (${count} lines)`)
}
