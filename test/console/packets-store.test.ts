// The console's packet store against the analyser itself: same rows, same filtered packets, and the same tree for every single packet,
// although the store reads only a part of the capture again to make it.

import { expect, test } from 'vitest'
import { FIELDS } from '../../src/dissect/field.ts'
import type { Packet } from '../../src/dissect/packet.ts'
import { NO_ROW, RowTree } from '../../src/print/row-tree.ts'
import { SummaryColumns } from '../../src/print/summary.ts'
import { treeText } from '../../src/print/tree-line.ts'
import { analysed, CAPTURES, captureBytes, storeOf, work } from './support/packet-stores.ts'

/** Longer ones are cut: no screen is wider. */
const LONGEST_INFO = 500

const tree = new RowTree()

function treeOf({ rows }: Packet): string[] {
  tree.fill(rows)
  const lines: string[] = []
  const visit = (row: number, depth: number): void => {
    const field = FIELDS[rows.field[row]!]!
    if (field.hidden === true) return
    lines.push(`${'  '.repeat(depth)}${treeText(rows, row)}`)
    for (let child = tree.child(row); child !== NO_ROW; child = tree.next(child)) visit(child, depth + 1)
  }
  for (let row = tree.first; row !== NO_ROW; row = tree.next(row)) visit(row, 0)
  return lines
}

for (const name of CAPTURES) {
  test(`${name}: the list is the analyser's summary`, () => {
    const columns = new SummaryColumns('r')
    const expected = analysed(captureBytes(name), '', (packet) => {
      columns.read(packet.frame)
      return [
        packet.frame.number,
        columns.time(packet),
        packet.columns.source,
        packet.columns.destination,
        packet.columns.protocol,
        packet.frame.length,
        packet.columns.info.slice(0, LONGEST_INFO),
      ]
    })
    const store = storeOf(captureBytes(name), { piece: 1009 })
    const rows = store.rows(0, 1e9, 'relative')
    expect(rows.map(({ number, time, source, destination, protocol, length, info }) => [number, time, source, destination, protocol, length, info])).toEqual(
      expected,
    )
    expect(store.state().problem === null).toBe(name !== 'cut.pcap')
  })

  test(`${name}: the tree of each packet is the one of a whole reading`, () => {
    const store = storeOf(captureBytes(name))
    const step = Math.max(1, Math.floor(store.last / 80))
    const expected = analysed(captureBytes(name), '', (packet) => (packet.frame.number % step === 0 ? treeOf(packet) : null))
    for (const [i, lines] of expected.entries()) {
      if (lines === null) continue
      const detail = store.detail(i + 1)
      const shown = detail!.lines.map(({ text, depth }) => '  '.repeat(depth) + text)
      // what only the end of the capture tells is known to the store, not to one pass
      const known = shown.filter(
        (line) => lines.includes(line) || !/^(?: {2}\[Note: | {4}\[(?:Severity of the note|Clause of the standard): |Zanzara$)/.test(line),
      )
      expect(known).toEqual(lines)
    }
  })
}

const FILTERS = [
  'mqtt',
  'tcp.analysis.flags',
  'mqtt.qos > 0 && mqtt.topic contains "a"',
  '!(mqtt.msgtype == 3)',
  'frame.time_delta_displayed > 0.01',
  'zz.note',
  'coap || mqttsn',
]
for (const filter of FILTERS)
  test(`'${filter}' leaves what the analyser leaves`, () => {
    for (const name of CAPTURES) {
      const expected = analysed(captureBytes(name), filter, ({ frame }) => frame.number)
      expect([
        name,
        storeOf(captureBytes(name), { filter })
          .rows(0, 1e9, 'relative')
          .map(({ number }) => number),
      ]).toEqual([name, expected])
      const later = storeOf(captureBytes(name))
      later.setFilter(filter)
      work(later)
      expect(later.passing).toBe(expected.length)
    }
  })
