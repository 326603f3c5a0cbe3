// What `sub` writes for a message, byte for byte.

import { expect, test } from 'vitest'

import { messageBytes } from '../../src/cli/message-printer.ts'
import { PacketType, type Publish } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'

function message(payload: string | Uint8Array): Publish {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return { type: PacketType.Publish, topicName: 'a/é', payload: bytes, qos: 0, retain: false, dup: false, packetId: 0, properties: NO_PROPERTIES }
}

const text = (payload: string, verbose: boolean, endOfLine = true): string => Buffer.from(messageBytes(message(payload), { verbose, endOfLine })).toString()

test('the payload and a newline', () => {
  expect(text('33.3', false)).toBe('33.3\n')
})

test('-v puts the topic before it, with one space', () => {
  expect(text('33.3', true)).toBe('a/é 33.3\n')
})

test('an empty payload prints nothing at all, or (null) behind its topic', () => {
  expect(text('', false)).toBe('')
  expect(text('', true)).toBe('a/é (null)\n')
})

test('-N leaves the newline out', () => {
  expect(text('33.3', false, false)).toBe('33.3')
  expect(text('33.3', true, false)).toBe('a/é 33.3')
  expect(text('', true, false)).toBe('') // as Mosquitto's client: without line ends, nothing says (null)
})

test('bytes that are no text pass unchanged', () => {
  const payload = Uint8Array.from({ length: 256 }, (_, i) => i)
  expect(messageBytes(message(payload), { verbose: false, endOfLine: false })).toEqual(Buffer.from(payload))
})

test('what is printed is a copy: the payload may change afterwards', () => {
  const payload = Buffer.from('one')
  const out = messageBytes(message(payload), { verbose: false, endOfLine: false })
  payload.fill(0)
  expect(Buffer.from(out).toString()).toBe('one')
})
