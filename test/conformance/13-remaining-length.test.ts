// A needlessly long Remaining Length: malformed in 5.0, also in CONNECT, which tells the version; legal in 3.x.
// The rest of Remaining Length is in test/wire.

import { expect, test } from 'vitest'
import { TestBroker } from '../support/test-broker.ts'

const CONNECT = (level: number): number[] => [0, 4, 0x4d, 0x51, 0x54, 0x54, level, 2, 0, 60, ...(level === 5 ? [0] : []), 0, 1, 0x61]

test('a 5.0 CONNECT whose Remaining Length takes more bytes than needed is malformed [MQTT-1.5.5-1]', () => {
  const client = new TestBroker().link(5)
  const body = CONNECT(5)
  client.sendBytes([0x10, body.length | 0x80, 0, ...body])
  expect(client.isClosed).toBe(true)
  expect(client.receivedBytes()).toEqual(new Uint8Array(0))
})

test('3.1.1 does not ask for the shortest form', () => {
  const client = new TestBroker().link(4)
  const body = CONNECT(4)
  client.sendBytes([0x10, body.length | 0x80, 0, ...body])
  expect(client.lines()).toEqual(['CONNACK 0 0'])
})
