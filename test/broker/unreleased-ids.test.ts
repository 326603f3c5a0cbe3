// Which QoS 2 messages of a session await their PUBREL, as a bridge asks it when the other broker has forgotten them.

import { expect, test } from 'vitest'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const idsOf = (broker: TestBroker): readonly number[] => broker.broker.sessions.get('c')!.incoming.unreleasedIds
const send = (client: TestClient, ...packetIds: readonly number[]): void => {
  for (const packetId of packetIds) client.publish('a', `${packetId}`, { qos: 2, packetId })
}

test('in the order of their PUBLISH, whatever was released meanwhile; a repeated one counts once', () => {
  const broker = new TestBroker()
  const client = broker.client('c')
  expect(idsOf(broker)).toEqual([])
  send(client, 40000, 3, 1, 2)
  expect(idsOf(broker)).toEqual([40000, 3, 1, 2])
  client.publish('a', '1', { qos: 2, packetId: 1, dup: true })
  client.acknowledge(6, 1)
  expect(idsOf(broker)).toEqual([40000, 3, 2])
  client.acknowledge(6, 40000)
  send(client, 1)
  expect(idsOf(broker)).toEqual([3, 2, 1])
  client.acknowledge(6, 3, 2, 1)
  expect(idsOf(broker)).toEqual([])
})

test('of many in one read', () => {
  const broker = new TestBroker()
  const client = broker.client('c')
  const bytes = Array.from({ length: 300 }, (_, i) => [0x34, 5, 0, 1, 97, (i + 1) >> 8, (i + 1) & 255])
  client.sendBytes(...bytes)
  expect(idsOf(broker)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  client.acknowledge(6, 150, 1)
  expect(idsOf(broker)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1).filter((id) => id !== 150 && id !== 1))
})

test('of three in one read, each in turn replaced by another message: the others stay', () => {
  for (const replaced of [1, 2, 3]) {
    const broker = new TestBroker()
    const reader = broker.client('reader')
    reader.subscribe('a')
    const client = broker.client('c')
    client.sendBytes(...[1, 2, 3].map((id) => [0x34, 6, 0, 1, 97, 0, id, 48 + id]))
    client.publish('a', 'new', { qos: 2, packetId: replaced })
    expect(idsOf(broker)).toEqual([...[1, 2, 3].filter((id) => id !== replaced), replaced])
    reader.lines()
    client.acknowledge(6, 3, 1, 2)
    expect([reader.payloads(), broker.broker.slabs.outstanding]).toEqual([[3, 1, 2].map((id) => (id === replaced ? 'new' : `${id}`)), 0])
  }
})
