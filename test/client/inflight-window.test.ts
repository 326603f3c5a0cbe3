// How many unacknowledged messages the library's client lets be on their way, by version and option.
// The acknowledgements are lost, so that the window stays full.

import { expect, test } from 'vitest'
import { connect } from '../../src/client/node.ts'
import { testBroker } from '../../src/testing/test-broker.ts'

test("what is on its way: the server's Receive Maximum, 20 where the version has none, or less when asked [MQTT-3.3.4-7]", async () => {
  await using broker = await testBroker({ limits: { receiveMaximum: 50 } })
  for (const [version, options, expected] of [
    [5, {}, 50],
    [5, { maximumInflight: 7 }, 7],
    [5, { maximumInflight: 99 }, 50],
    [4, {}, 20],
    [3, {}, 20],
    [4, { maximumInflight: 30 }, 30],
  ] as const) {
    broker.reset()
    const client = await connect(broker.url, { version, clientId: 'x', timeoutMs: 3000, ...options })
    broker.faults.drop('mqtt.msgtype == 4', { cut: false })
    const all = Promise.allSettled(Array.from({ length: 100 }, () => client.publish('a', 'x', { qos: 1 })))
    client.publish('a', 'end').catch(() => {})
    await broker.waitForPacket((packet) => packet.type === 3 && packet.field('mqtt.qos') === 0)
    expect([version, options, broker.packets.filter('mqtt.qos == 1').length, client.undelivered]).toEqual([version, options, expected, 100])
    await client.close({ timeoutMs: 3000 })
    expect((await all).every(({ status }) => status === 'rejected')).toBe(true)
  }
})
