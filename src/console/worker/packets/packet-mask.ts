// The payloads in a packet's tree and bytes, made dots: those of hidden topics, and whatever no layer explains, which may be a piece of one.
// The bytes themselves stay whole; the places that are not shown are told beside them.

import { dotsOf, type PayloadMask } from '../payload-mask.ts'
import type { DetailLine, MaskedRange } from './packet-calls.ts'

/** Layers of which each byte is read. */
const EXPLAINED: ReadonlySet<string> = new Set(['mqtt', 'mqttsn', 'coap', 'http'])
/** Layers behind whose header the conversation's own bytes begin. */
const TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'udp'])
/** What carries a payload, and the line of the same packet that names its topic; null = none does. */
const PAYLOADS: ReadonlyMap<string, string | null> = new Map([
  ['mqtt.msg', 'mqtt.topic'],
  ['mqtt.willmsg', 'mqtt.willtopic'],
  ['mqtt.willmsg_text', 'mqtt.willtopic'],
  // no payload, and nothing to show to others either
  ['mqtt.passwd', null],
  ['mqttsn.pub.msg', null],
  ['mqttsn.will.msg', null],
  ['coap.payload', null],
  ['coap.block_payload', null],
  ['http.file_data', null],
])
/** What is read out of a payload: of an MQTT message it is seen when the message is. */
const CONTENTS: ReadonlySet<string> = new Set(['data', 'data-text-lines', 'json'])
/** Fields of a WebSocket frame but for what it carries. */
const WEBSOCKET_HEADER = /^websocket\.(?:fin|rsv|opcode|mask|masking_key|payload_length.*)$/
/** Lines that say how many bytes there are, and not which. */
const COUNTS: ReadonlySet<string> = new Set(['tcp.payload', 'tcp.segment_data', 'udp.payload'])
const TEXTS: ReadonlySet<string> = new Set(['bytes', 'string', 'uint_string'])

export interface MaskedPacket {
  readonly lines: readonly DetailLine[]
  readonly masked: readonly MaskedRange[]
}

/** `valueOf`: the text of a line's value. `sizes`: bytes of each source. */
export function maskPacket(lines: readonly DetailLine[], sizes: readonly number[], mask: PayloadMask, valueOf: (line: number) => string): MaskedPacket {
  if (!mask.isOn) return { lines, masked: [] }
  const hidden = sizes.map((size, source) => unexplained(lines, source, size))
  const hide = ({ source, start, length }: DetailLine): void => void hidden[source]!.fill(1, start, start + length)
  const messages = lines.filter(({ name, start }) => name === 'mqtt.msg' && start >= 0)
  for (const [i, line] of lines.entries()) {
    if (line.start < 0) continue
    const naming = PAYLOADS.get(line.name)
    if (naming !== undefined) {
      if (mask.hides(naming === null ? null : topicOf(lines, i, naming, valueOf))) hide(line)
    } else if (CONTENTS.has(line.name) && !messages.some((message) => isWithin(line, message))) hide(line)
  }
  return { lines: maskedLines(lines, hidden), masked: hidden.flatMap(rangesOf) }
}

/** 1 for each byte of a source that no header and no layer of ours explains. */
function unexplained(lines: readonly DetailLine[], source: number, size: number): Uint8Array {
  const own = lines.filter((line) => line.source === source && line.start >= 0)
  const transport = own.findLast(({ name }) => TRANSPORTS.has(name))
  const bytes = new Uint8Array(size)
  if (source === 0 && transport === undefined) return bytes
  bytes.fill(1, transport === undefined ? 0 : transport.start + transport.length)
  for (const { name, start, length } of own) if (EXPLAINED.has(name) || WEBSOCKET_HEADER.test(name)) bytes.fill(0, start, start + length)
  return bytes
}

/** What the layer of a line says about its topic; null = nothing. */
function topicOf(lines: readonly DetailLine[], index: number, naming: string, valueOf: (line: number) => string): string | null {
  let from = index
  while (from > 0 && (lines[from]!.type !== 'protocol' || lines[from]!.depth >= lines[index]!.depth)) from--
  let topic: string | null = null
  for (let at = from; at <= from + lines[from]!.below && at < lines.length; at++) if (lines[at]!.name === naming) topic = valueOf(at) || topic
  return topic
}

function isWithin({ source, start, length }: DetailLine, outer: DetailLine): boolean {
  return source === outer.source && start >= outer.start && start + length <= outer.start + outer.length
}

/** Lines in hidden bytes, and conclusions drawn from them, keep their label only. */
function maskedLines(lines: readonly DetailLine[], hidden: readonly Uint8Array[]): DetailLine[] {
  /** For each depth, whether the line above is masked. */
  const above: boolean[] = []
  return lines.map((line) => {
    const bytes = line.start < 0 ? null : hidden[line.source]!.subarray(line.start, line.start + line.length)
    const isMasked =
      bytes === null || bytes.length === 0 ? above[line.depth - 1] === true : bytes.every((byte) => byte === 1) || (TEXTS.has(line.type) && bytes.includes(1))
    above.length = line.depth
    above[line.depth] = isMasked
    if (!isMasked) return line
    return { ...line, text: COUNTS.has(line.name) ? line.text : maskedText(line), filter: '' }
  })
}

function maskedText({ name, text }: DetailLine): string {
  const at = name === '' ? -1 : text.indexOf(': ')
  return at < 0 ? dotsOf(text) : text.slice(0, at + 2) + dotsOf(text.slice(at + 2))
}

function rangesOf(hidden: Uint8Array, source: number): MaskedRange[] {
  const ranges: MaskedRange[] = []
  for (let at = hidden.indexOf(1); at >= 0; ) {
    const zero = hidden.indexOf(0, at)
    const end = zero < 0 ? hidden.length : zero
    ranges.push({ source, start: at, length: end - at })
    at = hidden.indexOf(1, end)
  }
  return ranges
}
