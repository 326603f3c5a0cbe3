// One packet as a tree of lines with their bytes: dissected again, behind the packets of its conversation that it depends on.
// Behind long conversations only the beginning and the last part are read: what a line says does not change by it, but for sums over all that passed.

import { ZZ } from '../../../analyse/mqtt/annotation-fields.ts'
import { Annotations } from '../../../analyse/mqtt/annotations.ts'
import { Demand } from '../../../dissect/demand.ts'
import { Dissector } from '../../../dissect/dissect.ts'
import { FIELDS, fieldsNamed } from '../../../dissect/field.ts'
import type { Packet } from '../../../dissect/packet.ts'
import type { DecodeAs } from '../../../dissect/registry.ts'
import { ROOT, type Rows } from '../../../dissect/rows.ts'
import { readValue } from '../../../dissect/value.ts'
import { NO_ROW, RowTree } from '../../../print/row-tree.ts'
import { treeText } from '../../../print/tree-line.ts'
import type { PayloadMask } from '../payload-mask.ts'
import { filterFor } from './field-filter.ts'
import type { PacketArena } from './packet-arena.ts'
import type { DetailLine, PacketDetail } from './packet-calls.ts'
import { maskPacket } from './packet-mask.ts'
import { PacketFlag, type PacketNote } from './packet-page.ts'
import type { Summaries } from './summaries.ts'

/** Packets of the conversation read before the one that is shown. */
const BEHIND = 400
/** Further ones read until one is found at whose beginning an MQTT packet begins. */
const SEARCHED = 3000
/** Fragments, and ARP packets, read before. */
const MOST_OF_OTHERS = 64
/** Lines of a tree; a packet with more shows that it has. */
const MOST_LINES = 20_000

const STREAMS: readonly (readonly [name: string, isTcp: boolean])[] = [
  ['tcp.stream', true],
  ['udp.stream', false],
]

/** Null when the packet is not kept. `shownBefore`: the packet above it in the list, 0 = none. */
export function detailOf(
  number: number,
  shownBefore: number,
  arena: PacketArena,
  summaries: Summaries,
  decodeAs: readonly DecodeAs[],
  keyLogs: readonly string[],
  mask: PayloadMask,
): Omit<PacketDetail, 'exchange' | 'related'> | null {
  const page = arena.page(number)
  if (page === null || number > summaries.done) return null
  const demand = new Demand('everything', true)
  const dissector = new Dissector({ demand, auto: true, decodeAs })
  for (const keyLog of keyLogs) dissector.addSecrets({ keyLog })
  const annotations = new Annotations()
  demand.isQuiet = true
  for (const before of neededBefore(number, shownBefore, arena, summaries)) {
    const frame = arena.frame(before)
    if (frame === null) continue
    const packet = dissector.dissect(frame)
    setStream(packet.rows, arena.stream(before))
    annotations.annotate(packet)
    if (before === shownBefore) dissector.displayed()
  }
  demand.isQuiet = false
  const packet = dissector.dissect(arena.frame(number)!)
  const at = number - page.first
  setStream(packet.rows, page.stream(at))
  annotations.annotate(packet)
  const notes = page.notes(at)
  addNotes(packet.rows, notes)
  const { sources, sourceNames } = packet.rows
  const { lines, rows } = linesOf(packet, new Set([...notes.map(({ text }) => text), ...page.afterthoughts(at)]))
  return {
    number,
    sources: sources.map((bytes, i) => ({ name: sourceNames[i]!, bytes: new Uint8Array(bytes) })),
    ...maskPacket(
      lines,
      sources.map(({ length }) => length),
      mask,
      (line) => `${readValue(packet.rows, rows[line]!) ?? ''}`,
    ),
    stream: page.stream(at),
    isTcp: (page.flags(at) & PacketFlag.Tcp) !== 0,
    ports: portsOf(packet.rows),
    topic: topicOf(packet.rows),
  }
}

/** Numbers of the packets to read before, ascending. */
function neededBefore(number: number, shownBefore: number, arena: PacketArena, summaries: Summaries): number[] {
  const needed = new Set<number>([arena.first, number - 1, shownBefore])
  const page = arena.page(number)!
  const stream = page.stream(number - page.first)
  if (stream >= 0) {
    const isTcp = (page.flags(number - page.first) & PacketFlag.Tcp) !== 0
    for (const head of summaries.heads.heads(isTcp, stream)) needed.add(head)
    let read = 0
    for (let before = page.before(number - page.first); before >= arena.first; read++) {
      needed.add(before)
      const where = arena.page(before)!
      const isClean = (where.flags(before - where.first) & PacketFlag.Clean) !== 0
      if ((read >= BEHIND && isClean) || read >= BEHIND + SEARCHED) break
      before = where.before(before - where.first)
    }
  }
  for (const numbers of [summaries.fragments, summaries.addressUses]) {
    let last = numbers.length
    while (last > 0 && numbers[last - 1]! >= number) last--
    for (let i = Math.max(0, last - MOST_OF_OTHERS); i < last; i++) needed.add(numbers[i]!)
  }
  return [...needed].filter((before) => before > 0 && before < number).sort((a, b) => a - b)
}

/** Streams are counted over the whole capture, of which only a part was read. */
function setStream(rows: Rows, stream: number): void {
  for (let row = 0; row < rows.count; row++) {
    const given = rows.value[row]!
    if (given >= 0 && STREAM_FIELDS.has(rows.field[row]!) && stream >= 0) rows.given[given] = stream
  }
}

const STREAM_FIELDS: ReadonlySet<number> = new Set(STREAMS.flatMap(([name]) => fieldsNamed(name).map(({ id }) => id)))

/** Notes that need more than this conversation. */
function addNotes(rows: Rows, notes: readonly PacketNote[]): void {
  let root = NO_ROW
  const known = new Set<string>()
  for (let row = 0; row < rows.count; row++) {
    if (rows.field[row] === ZZ.protocol) root = row
    else if (rows.field[row] === ZZ.note) known.add(`${readValue(rows, row)}`)
  }
  for (const { text, severity, clause } of notes) {
    if (known.has(text)) continue
    if (root === NO_ROW) root = rows.add(ZZ.protocol, 0, -1, 0, ROOT)
    const note = rows.addGiven(ZZ.note, 0, -1, 0, root, text)
    rows.addGiven(ZZ.severity, 0, -1, 0, note, severity)
    if (clause !== '') rows.addGiven(ZZ.clause, 0, -1, 0, note, clause)
  }
}

/** The lines and the row of each. `notes`: what the reading of all packets noted; one that comes of reading only a part is not told. */
function linesOf({ rows }: Packet, notes: ReadonlySet<string>): { readonly lines: DetailLine[]; readonly rows: number[] } {
  const tree = new RowTree()
  tree.fill(rows)
  const lines: DetailLine[] = []
  const rowOf: number[] = []
  const visit = (row: number, depth: number): void => {
    const field = FIELDS[rows.field[row]!]!
    if (field.hidden === true || lines.length >= MOST_LINES) return
    if (rows.field[row] === ZZ.note && !notes.has(`${readValue(rows, row)}`)) return
    const at = lines.length
    const start = rows.start[row]!
    const line = {
      text: treeText(rows, row),
      name: field.name,
      type: field.name === '' ? '' : field.type,
      filter: filterFor(field, field.type === 'protocol' ? null : readValue(rows, row)),
      depth,
      below: 0,
      source: rows.source[row]!,
      start: start < 0 ? -1 : start,
      length: start < 0 ? 0 : Math.max(0, Math.min(rows.length[row]!, rows.sources[rows.source[row]!]!.length - start)),
      severity: severityOf(rows, row, field.name, tree),
    }
    lines.push(line)
    rowOf.push(row)
    for (let child = tree.child(row); child !== NO_ROW; child = tree.next(child)) visit(child, depth + 1)
    line.below = lines.length - at - 1
  }
  for (let row = tree.first; row !== NO_ROW; row = tree.next(row)) visit(row, 0)
  return { lines, rows: rowOf }
}

function severityOf(rows: Rows, row: number, name: string, tree: RowTree): DetailLine['severity'] {
  if (name === '_ws.malformed') return 'error'
  if (name !== 'zz.note') return null
  for (let child = tree.child(row); child !== NO_ROW; child = tree.next(child))
    if (rows.field[child] === ZZ.severity) return `${readValue(rows, child)}` as DetailLine['severity']
  return 'note'
}

function portsOf(rows: Rows): readonly [number, number] {
  const ports: number[] = []
  for (let row = 0; row < rows.count; row++) if (PORT_FIELDS.has(rows.field[row]!)) ports.push(Number(readValue(rows, row)))
  return [ports[0] ?? 0, ports[1] ?? 0]
}

const PORT_FIELDS: ReadonlySet<number> = new Set(
  ['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'].flatMap((name) => fieldsNamed(name).map(({ id }) => id)),
)
const TOPIC_FIELDS: ReadonlySet<number> = new Set(fieldsNamed('mqtt.topic').map(({ id }) => id))

/** Of a PUBLISH or SUBSCRIBE, the first; null = none. */
function topicOf(rows: Rows): string | null {
  for (let row = 0; row < rows.count; row++) if (TOPIC_FIELDS.has(rows.field[row]!)) return `${readValue(rows, row) ?? ''}`
  return null
}
