// The protocol versions that dialogues run for, and what is said differently in each.
// Neighbour: test/support/test-broker.ts, on which the dialogues are spoken.

import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import type { ClientOptions, TestClient } from '../support/test-broker.ts'

/** For `describe.each`: the version as people call it, and its Protocol Level. */
export const VERSIONS: readonly (readonly [name: string, version: ProtocolVersion])[] = [
  ['3.1', 3],
  ['3.1.1', 4],
  ['5.0', 5],
]

/** Options of a client whose session outlives its connection: Clean Session 0, or Clean Start 0 with a long Session Expiry Interval. */
export function lasting(version: ProtocolVersion, properties: Properties = {}): ClientOptions {
  return { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 10_000, ...properties } : {} }
}

/** CONNACK as a line, its properties left out. */
export function sessionPresentIn(line: string | undefined): string {
  return line?.split(' ').slice(0, 3).join(' ') ?? 'nothing'
}

/** What a client that has just dialled got behind its CONNACK. */
export function afterConnack(client: TestClient): string[] {
  const [connack, ...rest] = client.lines()
  if (connack?.startsWith('CONNACK') !== true) throw new Error(`${connack ?? 'nothing'} instead of CONNACK`)
  return rest
}

/** SUBSCRIBE with Packet Identifier 1 and one filter, correct or not: the encoder refuses what no client may send. `options` is the byte behind the filter. */
export function subscribeBytes(version: ProtocolVersion, topicFilter: string, options = 0): number[] {
  const filter = [...new TextEncoder().encode(topicFilter)]
  const body = [0, 1, ...(version === 5 ? [0] : []), filter.length >> 8, filter.length & 255, ...filter, options]
  return [0x82, body.length, ...body]
}
