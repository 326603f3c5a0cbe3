// A view in a file: packets as pcapng with the address in a comment; read back only as far as it may be trusted.
// See src/console/views/packets/view-file.ts and src/capture/section-comments.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sectionComments } from '../../src/capture/section-comments.ts'
import { PcapngWriter } from '../../src/capture/write-pcapng.ts'
import { type SavedView, viewLine, viewOf } from '../../src/console/views/packets/view-file.ts'
import { captureBytes, numbersOf, storeOf } from './support/packet-stores.ts'

const VIEW: SavedView = { screen: 'packets', filter: 'mqtt.topic contains "a&b=c"', time: 'utc', columns: 'number,info', frame: 0 }

/** A file without packets that says this of itself. */
function headOf(comment: string): Uint8Array {
  const parts: Uint8Array[] = []
  new PcapngWriter((bytes) => parts.push(bytes.slice()), 'test', comment).finish()
  return Buffer.concat(parts)
}

/** The same section header as a big-endian machine writes it. */
function bigEndian(comment: string): Uint8Array {
  const text = Buffer.from(comment)
  const length = 28 + 4 + ((text.length + 3) & ~3) + 4
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(0x0a0d0d0a, 0)
  bytes.writeUInt32BE(length, 4)
  bytes.writeUInt32BE(0x1a2b3c4d, 8)
  bytes.writeUInt16BE(1, 12)
  bytes.writeUInt16BE(1, 24)
  bytes.writeUInt16BE(text.length, 26)
  text.copy(bytes, 28)
  bytes.writeUInt32BE(length, length - 4)
  return bytes
}

test('the comment of a section header is read in both byte orders, and of nothing else', () => {
  expect(sectionComments(headOf('hello'))).toEqual(['hello'])
  expect(sectionComments(bigEndian('Größe'))).toEqual(['Größe'])
  for (const name of ['many.pcapng', 'm311-tour.pcap', 'cut.pcap']) expect(sectionComments(captureBytes(name))).toEqual([])
  const whole = headOf('hello')
  for (let end = 0; end < whole.length; end++) expect(sectionComments(whole.subarray(0, end))).toEqual([])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      sectionComments(Buffer.concat([whole.subarray(0, 24), tail]))
    }),
  )
})

test('what is saved is what is read: screen, filter, how the list looks', async () => {
  for (const view of [VIEW, { ...VIEW, screen: 'ladder', filter: '', time: '', columns: '' } as const])
    expect(await viewOf(new Blob([Buffer.from(headOf(viewLine(view)))]))).toEqual(view)
  expect(viewLine({ ...VIEW, filter: '', time: '', columns: '', frame: 7 })).toBe('Zanzara view: #/packets?frame={frame}')
  // too long for a comment: the packets are worth more
  expect(await viewOf(new Blob([Buffer.from(headOf(viewLine({ ...VIEW, filter: 'x'.repeat(70_000) })))]))).toEqual({ ...VIEW, filter: '' })
})

test('a strange file chooses nothing but these: no broker, no other screen', async () => {
  const line = 'Zanzara view: #/broker?broker=ws://evil/mqtt&filter=mqtt&frame=1e9&message=4'
  expect(await viewOf(new Blob([Buffer.from(headOf(line))]))).toEqual({ screen: 'packets', filter: 'mqtt', time: '', columns: '', frame: 0 })
  expect(await viewOf(new Blob([Buffer.from(headOf('Zanzara: a comment'))]))).toBe(null)
  expect(await viewOf(new Blob([Buffer.from(captureBytes('m5-props.pcapng'))]))).toBe(null)
  expect(await viewOf(new Blob([]))).toBe(null)
})

test.each(['m311-tour.pcap', 'm5-props.pcapng', 'ng-mix.pcapng'])(
  '%s: the packets of the list, and the number that the selected one has among them',
  async (name) => {
    const store = storeOf(captureBytes(name), { filter: 'mqtt.msgtype == 3' })
    const numbers = numbersOf(store)
    expect(numbers.length).toBeGreaterThan(3)
    for (const number of [numbers[0]!, numbers[2]!, numbers.at(-1)!]) {
      const { bytes, count } = store.save(false, { comment: viewLine({ ...VIEW, frame: number }), frame: number })
      const view = await viewOf(new Blob([Buffer.from(bytes)]))
      const again = storeOf(bytes)
      expect(again.state().total).toBe(count)
      expect(again.detail(view!.frame)!.sources[0]!.bytes).toEqual(store.detail(number)!.sources[0]!.bytes)
    }
  },
)
