import { expect, test } from 'vitest'
import type { Frame } from '../../src/capture/frame.ts'
import { dissectAll, everything, frameOf, has, type TcpShape, tcpFrame, valuesOf } from './dissecting.ts'

const TEXT = new TextEncoder()
const CONNECT = Uint8Array.from([0x10, 15, 0, 4, ...TEXT.encode('MQTT'), 4, 2, 0, 60, 0, 3, ...TEXT.encode('abc')])

function publish(topic: string): Uint8Array {
  const body = [0, topic.length, ...TEXT.encode(topic), ...TEXT.encode('m'.repeat(20))]
  return Uint8Array.from([0x30, body.length, ...body])
}

const P0 = publish('a/0')
const P1 = publish('a/1')
const P2 = publish('a/2')
const L = P0.length
const FIRST = 1 + CONNECT.length

/** A connection after its CONNECT; `late` are milliseconds since the frame before (10 if not said). */
function connection(segments: readonly (TcpShape & { late?: number })[]): Frame[] {
  const shapes: (TcpShape & { late?: number })[] = [
    { seq: 0, flags: 2, late: 1 },
    { seq: 0, ack: 1, flags: 0x12, back: true, late: 1 },
    { seq: 1, ack: 1, flags: 0x10, late: 1 },
    { seq: 1, ack: 1, payload: CONNECT },
    ...segments,
  ]
  let at = 0
  return shapes.map((shape, index) => {
    at += shape.late ?? 10
    return frameOf(tcpFrame(shape), index + 1, undefined, at)
  })
}

/** Topics and analysis marks per frame after the CONNECT, as tshark 4.0 shows them. */
function seen(segments: readonly (TcpShape & { late?: number })[]): string[] {
  const lines: string[] = []
  dissectAll(everything(), connection(segments), (packet, number) => {
    if (number < 5) return
    const parts = [...valuesOf(packet, 'mqtt.topic')].map(String)
    for (const mark of ['retransmission', 'spurious_retransmission', 'fast_retransmission', 'out_of_order', 'lost_segment'])
      if (has(packet, `tcp.analysis.${mark}`)) parts.push(mark)
    const segmentsOf = valuesOf(packet, 'tcp.segment')
    if (segmentsOf.length > 0) parts.push(`#${segmentsOf.join('+')}`)
    if (has(packet, 'tcp.segment_data')) parts.push('data')
    lines.push(parts.join(' '))
  })
  return lines
}

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

test('a message in two segments is shown in the second, with both frames', () => {
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: P0.subarray(0, 10) },
      { seq: FIRST + 10, ack: 1, payload: join(P0.subarray(10), P1) },
    ]),
  ).toEqual(['data', 'a/0 a/1 #5+6 data'])
})

test('a segment that ends within a fixed header takes the whole next one along', () => {
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: join(P0, P1.subarray(0, 1)) },
      { seq: FIRST + L + 1, ack: 1, payload: join(P1.subarray(1), P2.subarray(0, 1)) },
      { seq: FIRST + 2 * L + 1, ack: 1, payload: P2.subarray(1) },
    ]),
  ).toEqual(['a/0 data', 'a/1 #5+6 data', 'a/2 #6+7 data'])
})

test('what is resent is not dissected again', () => {
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: P0 },
      { seq: FIRST + L, ack: 1, payload: P1 },
      { seq: FIRST, ack: 1, payload: join(P0, P1), late: 300 },
      { seq: FIRST + 2 * L, ack: 1, payload: P2 },
    ]),
  ).toEqual(['a/0', 'a/1', 'retransmission data', 'a/2'])
})

test('needlessly resent data is marked and left alone', () => {
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: P0 },
      { seq: 1, ack: FIRST + L, flags: 0x10, back: true },
      { seq: FIRST, ack: 1, payload: P0, late: 300 },
    ]),
  ).toEqual(['a/0', '', 'retransmission spurious_retransmission'])
})

test('a late segment completes a message, but one pass does not dissect it', () => {
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: P0.subarray(0, 10) },
      { seq: FIRST + 20, ack: 1, payload: P0.subarray(20) },
      { seq: FIRST + 10, ack: 1, payload: P0.subarray(10, 20), late: 0.5 },
      { seq: FIRST + L, ack: 1, payload: P1 },
    ]),
  ).toEqual(['data', 'lost_segment data', 'out_of_order #5+7+6 data', 'a/1'])
})

test('behind a gap the next message is found, and a fast retransmission fills the gap', () => {
  const ack = { seq: 1, ack: FIRST + 10, flags: 0x10, back: true }
  expect(
    seen([
      { seq: FIRST, ack: 1, payload: P0.subarray(0, 10) },
      { seq: FIRST + 20, ack: 1, payload: join(P0.subarray(20), P1) },
      ack,
      ack,
      ack,
      { seq: FIRST + 10, ack: 1, payload: P0.subarray(10, 20), late: 1 },
      { seq: FIRST + 2 * L, ack: 1, payload: P2 },
    ]),
  ).toEqual(['data', 'a/1 lost_segment data', '', '', '', 'a/0 retransmission fast_retransmission #5+10+6 data', 'a/2'])
})

test('a cut frame is marked as short, and the next message is found', () => {
  const marks: string[] = []
  const frames = connection([
    { seq: FIRST, ack: 1, payload: P0 },
    { seq: FIRST + L, ack: 1, payload: P1 },
  ]).map((frame) => (frame.number === 5 ? { ...frame, bytes: frame.bytes.subarray(0, frame.bytes.length - 25), length: frame.bytes.length } : frame))
  dissectAll(everything(), frames, (packet) => marks.push(`${has(packet, '_ws.short')} ${valuesOf(packet, 'mqtt.topic')}`))
  expect(marks.slice(4)).toEqual(['true ', 'false a/1'])
})

test('memory of the reader may be reused: pieces are copies', () => {
  const frames = connection([
    { seq: FIRST, ack: 1, payload: P0.subarray(0, 10) },
    { seq: FIRST + 10, ack: 1, payload: P0.subarray(10, 20) },
    { seq: FIRST + 20, ack: 1, payload: P0.subarray(20) },
  ])
  const dissector = everything()
  const room = Buffer.alloc(200)
  let messages: unknown[] = []
  for (const frame of frames) {
    room.set(frame.bytes)
    messages = valuesOf(dissector.dissect({ ...frame, bytes: room.subarray(0, frame.bytes.length) }), 'mqtt.msg')
    room.fill(0xee)
  }
  expect(messages).toEqual([TEXT.encode('m'.repeat(20))])
})

/** Values of some fields of the last frame. */
function ofLast(segments: readonly (TcpShape & { late?: number })[], ...names: string[]): unknown[][] {
  let values: unknown[][] = []
  dissectAll(everything(), connection(segments), (packet) => {
    values = names.map((name) => valuesOf(packet, name))
  })
  return values
}

test('pieces that overlap are marked; what came first stays', () => {
  const changed = P0.slice()
  changed[12]! ^= 1
  const pieces = (second: Uint8Array): (TcpShape & { late?: number })[] => [
    { seq: FIRST, ack: 1, payload: P0.subarray(0, 15) },
    { seq: FIRST + 10, ack: 1, payload: second.subarray(10), late: 0.5 },
  ]
  const names = ['tcp.segment', 'tcp.segment.error', 'tcp.segment.overlap', 'tcp.segment.overlap.conflict', 'tcp.reassembled.data']
  expect(ofLast(pieces(P0), ...names)).toEqual([[5, 6], [], [1], [], [P0]])
  expect(ofLast(pieces(changed), ...names)).toEqual([[5], [6], [1], [1], [P0]])
})

test('a late piece of a message that was put together before is an error of reassembly', () => {
  const segments = [
    { seq: FIRST, ack: 1, payload: P0.subarray(0, 10) },
    { seq: FIRST + 10, ack: 1, payload: P0.subarray(10) },
    { seq: FIRST + 12, ack: 1, payload: P0.subarray(12, 20), late: 0.5 },
  ]
  expect(ofLast(segments, '_ws.malformed.reassembly', 'tcp.analysis.out_of_order').map(({ length }) => length)).toEqual([1, 1])
})

test('an acknowledgment number without the flag is shown as it stands, with a note; a reset has a cause instead of a payload', () => {
  const segments = [{ seq: FIRST, flags: 4, payload: TEXT.encode('gone') }]
  expect(ofLast(segments, 'tcp.reset_cause', 'tcp.payload', 'tcp.ack')).toEqual([['gone'], [], [0]])
})

/** Topics and marks of frame `number` when the capture stored `stored` bytes of it. */
function cut(segments: readonly (TcpShape & { late?: number })[], number: number, stored: number): string[] {
  let found: string[] = []
  const frames = connection(segments).map((frame) => (frame.number === number ? { ...frame, bytes: frame.bytes.subarray(0, stored) } : frame))
  dissectAll(everything(), frames, (packet) => {
    if (packet.frame.number === number) found = [...valuesOf(packet, 'mqtt.topic').map(String), ...(has(packet, '_ws.short') ? ['short'] : [])]
  })
  return found
}

test('a frame that is cut between two messages misses the second', () => {
  const segments = [{ seq: FIRST, ack: 1, payload: join(P0, P1) }]
  expect(cut(segments, 5, 54 + L)).toEqual(['a/0', 'short'])
  expect(cut(segments, 5, 54 + L + 5)).toEqual(['a/0', 'short'])
})

test('a late segment that is cut is not dissected', () => {
  const segments = [
    { seq: FIRST + L, ack: 1, payload: P1 },
    { seq: FIRST, ack: 1, payload: P0, late: 1 },
  ]
  expect(cut(segments, 5, 54 + L - 2)).toEqual(['a/1', 'short'])
  expect(cut(segments, 6, 54 + L - 2)).toEqual([])
})
