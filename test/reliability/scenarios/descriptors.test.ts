// Scenario F1: a process that may have 256 files open meets more clients than that.
// Those who are in notice nothing; who comes too late is closed at once; the log says so a few times; with room again newcomers get in.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { MqttPeer } from '../mqtt-peer.ts'
import { SEED, tell } from '../run-size.ts'

test('F1: with 256 files 400 clients come: some are closed at once, the others go on, nothing is lost', { timeout: 60_000 }, async () => {
  const broker = await BrokerUnderTest.start({ through: ['sh', '-c', 'ulimit -n 256 && exec "$0" "$@"'], lines: ['sys_interval 1'] })
  const load = new Load({ port: broker.port }, SEED)
  await load.subscriber('in time', ['load/#'])
  await load.publisher('p', { topics: ['load/a', 'load/b'], qos: [0, 1, 2], rate: 300 }).start()
  const crowd = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const connected = MqttPeer.connect({ port: broker.port }, `late ${i}`)
      return await connected.then(({ peer }) => peer).catch(() => null)
    }),
  )
  const inside = crowd.filter((peer) => peer !== null && !peer.isClosed)
  expect(inside.length).toBeGreaterThan(50)
  expect(inside.length).toBeLessThan(250)
  await Promise.all(inside.map((peer) => peer!.ping()))
  await sleep(500)
  for (let i = 0; i < 3; i++) await expect(MqttPeer.connect({ port: broker.port }, 'too late')).rejects.toThrow(/closed|no connection/)
  const refusals = broker.log.match(/denied: .*open files/g) ?? []
  expect(refusals.length).toBeGreaterThan(0)
  expect(refusals.length).toBeLessThanOrEqual(10)
  expect(broker.openFiles()).toBeLessThan(256)
  for (const peer of inside) peer!.socket.destroy()
  await expect
    .poll(async () => await MqttPeer.connect({ port: broker.port }, 'newcomer').then(({ peer }) => peer.disconnect().then(() => 'in'), String), {
      timeout: 5000,
    })
    .toBe('in')
  await load.quiet()
  const verdict = load.check()
  expect([load.publishers[0]!.failures, load.subscribers[0]!.failures]).toEqual([0, 0])
  tell(`F1: ${inside.length} of 400 got in; ${verdict.acknowledged} messages acknowledged meanwhile`)
  await load.end()
  expect(await broker.stop()).toBe(0)
})
