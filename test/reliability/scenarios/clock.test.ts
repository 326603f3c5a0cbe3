// Scenarios T1 and T2: the wall clock jumps by a day, back, by thirty years; the machine sleeps for an hour.
// Keep Alive, wills and expiries go by the monotonic clock; nothing fires early, gets negative or stands still.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { PacketType } from '../../../src/wire/mqtt/packet.ts'
import { withTools } from '../../support/require-tools.ts'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { MqttPeer, publishPacket } from '../mqtt-peer.ts'
import { amount, tell } from '../run-size.ts'

const JUMPS: readonly (readonly [string, number])[] = [
  ['+1d', 86_400],
  ['-1d', -86_400],
  ['+30y', 30 * 365 * 86_400],
  ['+0', 0],
]

withTools(['faketime'], ({ faketime }) => {
  /** A broker whose clock is what the file says; with `isAllTime` the monotonic one too. */
  async function clocked(isAllTime: boolean): Promise<{ broker: BrokerUnderTest; set: (shift: string) => void }> {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-clock-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'shift')
    const set = (shift: string): void => writeFileSync(file, `${shift}\n`)
    set('+0')
    const library = spawnSync(faketime, ['now', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).stdout.trim()
    const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: isAllTime ? '0' : '1' }
    const broker = await BrokerUnderTest.start({ env, lines: ['sys_interval 1'] })
    return { broker, set }
  }

  const lasting = (seconds: number) => ({ cleanStart: false, properties: { sessionExpiryInterval: seconds } })

  test('T1: the wall clock jumps: the log follows it, Keep Alive, wills and expiries do not', { timeout: 90_000 }, async () => {
    const { broker, set } = await clocked(false)
    const { port } = broker
    const live = (await MqttPeer.connect({ port }, 'live', { keepAlive: 2 })).peer
    await live.subscribe('will/#', 1)
    const pinging = setInterval(() => void live.ping().catch(() => {}), 500)
    onTestFinished(() => clearInterval(pinging))
    for (const [jump, seconds] of JUMPS) {
      const silent = (await MqttPeer.connect({ port }, `silent ${jump}`, { keepAlive: 1 })).peer
      const since = performance.now()
      const silentFor = silent.closed.then(() => performance.now() - since)
      const will = { topicName: `will/${jump.slice(1)}`, payload: new Uint8Array(0), qos: 1, retain: false, properties: { willDelayInterval: 1 } } as const
      const mortal = (await MqttPeer.connect({ port }, `mortal ${jump}`, { ...lasting(60), will })).peer
      const short = (await MqttPeer.connect({ port }, `short ${jump}`, lasting(1))).peer
      await short.disconnect()
      const away = (await MqttPeer.connect({ port }, `away ${jump}`, lasting(600))).peer
      await away.subscribe('kept', 1)
      await away.disconnect()
      live.send(publishPacket('kept', Buffer.from(jump), 1, 1, { properties: { messageExpiryInterval: 600 } }))
      await live.acknowledgement(PacketType.Puback, 1)
      await mortal.vanish()
      const died = performance.now()
      set(jump)
      const heard = await live.publishArrived()
      const delay = performance.now() - died
      live.acknowledge(PacketType.Puback, heard.packetId)
      expect(heard.topicName).toBe(will.topicName)
      expect(delay, `will after the jump ${jump}`).toBeGreaterThan(950)
      expect(delay, `will after the jump ${jump}`).toBeLessThan(3000)
      const silence = await silentFor
      expect(silence, `Keep Alive after the jump ${jump}`).toBeGreaterThan(1400)
      expect(silence, `Keep Alive after the jump ${jump}`).toBeLessThan(4000)
      await sleep(500)
      const { peer: back, connack } = await MqttPeer.connect({ port }, `away ${jump}`, lasting(600))
      expect(connack.sessionPresent).toBe(true)
      const kept = await back.publishArrived()
      expect(kept.properties.messageExpiryInterval).toBeGreaterThan(590)
      expect(kept.properties.messageExpiryInterval).toBeLessThanOrEqual(600)
      await back.disconnect()
      const again = await MqttPeer.connect({ port }, `short ${jump}`, lasting(1))
      expect(again.connack.sessionPresent, `session expiry after the jump ${jump}`).toBe(false)
      await again.peer.disconnect()
      const stamps = [...broker.log.matchAll(/^(\d+): /gm)]
      expect(Math.abs(Number(stamps.at(-1)![1]) - Date.now() / 1000 - seconds), `the log after the jump ${jump}`).toBeLessThan(30)
    }
    expect(live.isClosed).toBe(false)
    expect(await broker.stop()).toBe(0)
  })

  test('T2: an hour passes while the process stands still: what is due then happens, and newcomers are served meanwhile', { timeout: 90_000 }, async () => {
    const count = amount(1000, 10_000)
    const { broker, set } = await clocked(true)
    const { port } = broker
    const watcher = (await MqttPeer.connect({ port }, 'watcher', { keepAlive: 0, properties: { receiveMaximum: 20 } })).peer
    await watcher.subscribe('will/#', 1)
    const before = broker.openFiles()
    const heard = new Map<string, number>()
    watcher.onPacket = (packet) => {
      if (packet.type !== PacketType.Publish) return
      heard.set(packet.topicName, (heard.get(packet.topicName) ?? 0) + 1)
      watcher.acknowledge(PacketType.Puback, packet.packetId)
    }
    for (let i = 0; i < count; i += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, k) => {
          const will = { topicName: `will/${i + k}`, payload: new Uint8Array(0), qos: 1, retain: false, properties: { willDelayInterval: 600 } } as const
          const { peer } = await MqttPeer.connect({ port }, `away-${i + k}`, { ...lasting(1200), will })
          await peer.subscribe(`device/${i + k}`, 1)
          await peer.vanish()
        }),
      )
    }
    await expect.poll(() => broker.openFiles(), { timeout: 10_000 }).toBeLessThanOrEqual(before) // it has seen all of them go
    await watcher.ping()
    broker.signal('SIGSTOP')
    set('+1h')
    broker.signal('SIGCONT')
    const since = performance.now()
    const waits: number[] = []
    while (heard.size < Math.min(count, 1020) && performance.now() - since < 20_000) {
      const begin = performance.now()
      const { peer } = await MqttPeer.connect({ port }, 'newcomer')
      await peer.disconnect()
      waits.push(performance.now() - begin)
    }
    await expect.poll(() => heard.size, { timeout: 20_000 }).toBe(Math.min(count, 1020)) // beyond, the watcher's queue is full
    expect([...heard.values()].every((times) => times === 1)).toBe(true)
    const { connack } = await MqttPeer.connect({ port }, 'away-0', lasting(1200))
    expect(connack.sessionPresent).toBe(false)
    tell(`T2: ${count} sessions and wills due at once; newcomers waited ${Math.max(...waits).toFixed(0)} ms at most`)
    expect(Math.max(...waits)).toBeLessThan(2000)
    expect(await broker.stop()).toBe(0)
  })
})
