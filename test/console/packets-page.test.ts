// The pure parts of the Packets screen: bytes and the lines they belong to, folding, columns and times of a link.

import { expect, test } from 'vitest'
import { LADDER_WORDS } from '../../src/console/views/ladder/ladder-words.ts'
import { bytesPerLine, characterOf, hexOf, isIn, lineOfByte, offsetText, protocolOf, rangeOf } from '../../src/console/views/packets/byte-lines.ts'
import { columnsOf, columnsText, DEFAULT_COLUMNS, timeFormatOf } from '../../src/console/views/packets/packets-model.ts'
import { PACKETS_WORDS } from '../../src/console/views/packets/packets-words.ts'
import { foldName, foldsAbove, parentOf, partsOf, UNFOLDED, visibleLines } from '../../src/console/views/packets/tree-lines.ts'
import type { PacketDetail } from '../../src/console/worker/packets/packet-calls.ts'
import { captureBytes, storeOf } from './support/packet-stores.ts'

const store = storeOf(captureBytes('m311-tour.pcap'))
const rows = store.rows(0, 1e9, 'relative')
const PUBLISH = store.detail(rows.find(({ info }) => /^Publish Message/.test(info))!.number)!

test('every byte of a packet leads to the innermost line over it, and that line to a range with the byte in it', () => {
  const { lines, sources } = PUBLISH
  for (const [source, { bytes }] of sources.entries())
    for (let offset = 0; offset < bytes.length; offset++) {
      const at = lineOfByte(lines, source, offset)
      const range = rangeOf(lines[at])
      expect(isIn(range, source, offset)).toBe(true)
      const shorter = lines.filter((line) => line.source === source && line.start >= 0 && line.length > 0 && line.length < range!.length)
      expect(shorter.some((line) => isIn(rangeOf(line), source, offset))).toBe(false)
    }
  expect(lineOfByte(lines, 0, 1e6)).toBe(-1)
})

test('the topic of a PUBLISH stands where its bytes stand', () => {
  const { lines, sources, topic } = PUBLISH
  const at = lines.findIndex(({ name }) => name === 'mqtt.topic')
  const { start, length, source } = rangeOf(lines[at])!
  expect(new TextDecoder().decode(sources[source]!.bytes.subarray(start, start + length))).toBe(topic)
  expect(lines[protocolOf(lines, at)]!.name).toBe('mqtt')
})

test('bytes are written as people write them', () => {
  expect([bytesPerLine(0), bytesPerLine(400), bytesPerLine(800)]).toEqual([16, 8, 16])
  expect([offsetText(16, 100), offsetText(0, 70_000)]).toEqual(['0010', '00000'])
  expect([0x41, 0x20, 0x00, 0x7f, 0xc3].map(characterOf)).toEqual(['A', ' ', '·', '·', '·'])
  expect(hexOf(Uint8Array.of(0, 10, 255))).toBe('00 0a ff')
  expect(rangeOf(undefined)).toBeNull()
})

/** What is seen, by hand: a line is hidden when one above it is folded. */
function seen({ lines }: PacketDetail, open: ReadonlySet<string>): number[] {
  return lines.flatMap((_, i) => {
    for (let at = parentOf(lines, i); at >= 0; at = parentOf(lines, at)) if (!open.has(foldName(lines[at]!))) return []
    return [i]
  })
}

test('folding hides exactly what is below; opening what is above a line shows it', () => {
  for (const { number } of rows.slice(0, 40)) {
    const detail = store.detail(number)!
    for (const open of [new Set<string>(), new Set(UNFOLDED), new Set(detail.lines.map(foldName))])
      expect(visibleLines(detail.lines, open)).toEqual(seen(detail, open))
    const deepest = detail.lines.reduce((best, { depth }, i) => (depth > detail.lines[best]!.depth ? i : best), 0)
    expect(visibleLines(detail.lines, new Set(foldsAbove(detail.lines, deepest)))).toContain(deepest)
  }
})

test('a line is its bits, its label and its value', () => {
  expect(partsOf('.... .01. = QoS Level: At least once delivery (Acknowledged deliver) (1)')).toEqual({
    bits: '.... .01. = ',
    label: 'QoS Level:',
    value: 'At least once delivery (Acknowledged deliver) (1)',
  })
  expect(partsOf('Topic: a: b')).toEqual({ bits: '', label: 'Topic:', value: 'a: b' })
  expect(partsOf('Transmission Control Protocol')).toEqual({ bits: '', label: 'Transmission Control Protocol', value: '' })
})

test('columns and time format travel in a link; what it does not name is as usual', () => {
  const link = columnsText(columnsText(DEFAULT_COLUMNS, 'client') === '' ? DEFAULT_COLUMNS : columnsOf(columnsText(DEFAULT_COLUMNS, 'client')), 'length')
  expect(link).toBe('number,time,source,destination,protocol,client,info')
  expect(columnsOf(link)).toEqual(link.split(','))
  expect(columnsText(columnsOf(link), 'length') === '' || columnsText(columnsOf(link), 'length')).toBe(
    'number,time,source,destination,protocol,length,client,info',
  )
  expect(columnsText(['info'], 'info')).toBe('info')
  expect(columnsText(columnsOf('number,time,source,destination,protocol,info'), 'length')).toBe('')
  for (const text of ['', 'nothing', 'info;time']) expect(columnsOf(text)).toEqual(DEFAULT_COLUMNS)
  expect([timeFormatOf('utc'), timeFormatOf(''), timeFormatOf('never')]).toEqual(['utc', 'relative', 'relative'])
})

/** Paths of the texts of a catalogue, with the number of holes of each. */
function shape(words: unknown, path = ''): string[] {
  if (typeof words === 'function') return [`${path}(${words.length})`]
  if (typeof words !== 'object' || words === null) return [path]
  return Object.entries(words).flatMap(([key, value]) => shape(value, `${path}.${key}`))
}

test.each([
  ['Packets', PACKETS_WORDS],
  ['Ladder', LADDER_WORDS],
])('%s: both languages have every text, none is empty, and those that tell something differ', (_screen, catalogue) => {
  const { en, it } = catalogue as { readonly en: unknown; readonly it: unknown }
  expect(shape(it)).toEqual(shape(en))
})
