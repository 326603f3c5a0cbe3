// WebSocket messages as tshark 4.0 shows them: texts, fragments, unknown opcodes, the bit of compressed messages.

import { expect, test } from 'vitest'
import type { Frame } from '../../src/capture/frame.ts'
import { dissectAll, everything, frameOf, tcpFrame, valuesOf } from './dissecting.ts'

const ENCODER = new TextEncoder()
const EXTENSION = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

function upgraded(extensions: string, messages: readonly (readonly number[])[]): Frame[] {
  const request = ENCODER.encode(
    `GET /m HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extensions}\r\n`,
  )
  const answer = ENCODER.encode(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extensions}\r\n`)
  const port = 80
  const frames = [tcpFrame({ seq: 1, ack: 1, payload: request, port }), tcpFrame({ seq: 1, ack: 1 + request.length, payload: answer, port, back: true })]
  let seq = 1 + answer.length
  for (const message of messages) {
    frames.push(tcpFrame({ seq, ack: 1 + request.length, payload: Uint8Array.from(message), port, back: true }))
    seq += message.length
  }
  return frames.map((bytes, i) => frameOf(bytes, i + 1))
}

/** Info column and values of `names` for each message. */
function seen(messages: readonly (readonly number[])[], names: readonly string[], extensions = ''): unknown[] {
  const lines: unknown[] = []
  dissectAll(everything(), upgraded(extensions, messages), (packet, number) => {
    if (number > 2) lines.push([packet.columns.info, packet.protocols.split(':').at(-1), ...names.flatMap((name) => valuesOf(packet, name))])
  })
  return lines
}

const text = (value: string): number[] => [...ENCODER.encode(value)]

test('a text is shown as a text, in one frame or in several', () => {
  const messages = [
    [0x81, 5, ...text('hello')],
    [0x01, 2, ...text('ab')],
    [0x00, 0],
    [0x00, 1, ...text('c')],
    [0x80, 3, ...text('d\ne')],
  ]
  expect(seen(messages, ['websocket.payload.text', 'websocket.fragment', 'websocket.fragment.count'])).toEqual([
    ['WebSocket Text [FIN] ', 'data-text-lines', 'hello'],
    ['WebSocket Text[FRAGMENT]  ', 'websocket'],
    ['WebSocket Continuation[FRAGMENT]  ', 'websocket'],
    ['WebSocket Continuation[FRAGMENT]  ', 'websocket'],
    ['WebSocket Continuation [FIN] ', 'data-text-lines', 'abcd\ne', 4, 6, 7, 3],
  ])
})

test('a binary message stays data, an unknown opcode is noted', () => {
  const names = ['data.data', 'websocket.payload.text', 'websocket.payload.unknown', 'websocket.payload.continue']
  const messages = [
    [0x82, 1, 7],
    [0x02, 1, 7],
    [0x00, 1, 8],
    [0x80, 1, 9],
    [0x83, 1, 7],
  ]
  expect(seen(messages, names)).toEqual([
    ['WebSocket Binary [FIN] ', 'data', Uint8Array.of(7)],
    ['WebSocket Binary[FRAGMENT]  ', 'websocket'],
    ['WebSocket Continuation[FRAGMENT]  ', 'websocket', Uint8Array.of(8)],
    ['WebSocket Continuation [FIN] ', 'data', Uint8Array.of(7, 8, 9)],
    ['WebSocket Unknown Opcode [FIN] ', 'websocket', Uint8Array.of(7)],
  ])
})

test('with permessage-deflate a bit says whether a message is compressed', () => {
  expect(seen([[0x82, 1, 7]], ['websocket.pmc'])).toEqual([['WebSocket Binary [FIN] ', 'data']])
  expect(seen([[0x82, 1, 7]], ['websocket.pmc'], EXTENSION)).toEqual([['WebSocket Binary [FIN] ', 'data', 0]])
})
