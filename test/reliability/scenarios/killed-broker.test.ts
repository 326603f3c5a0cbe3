// Scenarios R1 and R2: the broker is killed again and again, under load, while it reads what is stored, and while it cleans.
// Nothing acknowledged is lost, QoS 2 comes once, order stays: with `persistence_sync write`, and with `commit`.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import type { LoadSubscriber } from '../load-subscriber.ts'
import { describeVerdict } from '../qos-checker.ts'
import { amount, IS_WHOLE, SEED, tell } from '../run-size.ts'

const PUBLISHERS = 50
const SUBSCRIBERS = 10
const LINES = ['persistence true', 'persistence_location FOLDER', 'max_queued_messages 0', 'max_queued_bytes 0', 'sys_interval 0', 'connection_messages false']

function stored(sync: 'write' | 'commit'): readonly string[] {
  return [...LINES, `persistence_sync ${sync}`]
}

/** Segments of its store, oldest first. */
function segments({ folder }: BrokerUnderTest): string[] {
  return readdirSync(join(folder, 'zanzara'))
    .filter((name) => name.endsWith('.zlog'))
    .sort()
}

/** Half of the subscribers go or come: each time the other half. */
async function swap(subscribers: readonly LoadSubscriber[], round: number): Promise<void> {
  const isAway = (i: number): boolean => i % 2 === round % 2
  for (const [i, subscriber] of subscribers.entries()) {
    if (isAway(i)) await subscriber.leave(round % 3 === 0 ? 'disconnect' : 'close')
    else subscriber.comeBack().catch(() => {}) // whoever waits for it is told
  }
}

for (const sync of ['write', 'commit'] as const) {
  const rounds = amount(sync === 'write' ? 4 : 3, 30)
  test(`R1: ${sync}, killed under load ${rounds} times: nothing acknowledged is lost, QoS 2 comes once, in order`, {
    timeout: amount(60, 600) * 1000,
  }, async () => {
    const broker = await BrokerUnderTest.start({ lines: stored(sync) })
    const load = new Load({ port: broker.port }, SEED)
    for (let i = 0; i < SUBSCRIBERS; i++) await load.subscriber(`s${i}`, [`load/${i % 5}`], { version: i % 3 === 0 ? 4 : 5 })
    await load.subscriber('watcher', ['will/#'])
    await load.subscriber('mortal', ['nothing'], { will: { topic: 'will/mortal', qos: 1, delayMs: 0 } })
    const acknowledged = (): number => load.publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0)
    const keepers = load.subscribers.slice(0, SUBSCRIBERS)
    for (let i = 0; i < PUBLISHERS; i++)
      await load
        .publisher(`p${i}`, { version: i % 2 === 0 ? 5 : 4, topics: [`load/${i % 5}`, `load/${(i + 1) % 5}`], qos: [1, 2], rate: amount(15, 20) })
        .start()
    await load.publisher('keeper', { topics: ['kept/a', 'kept/b'], qos: [1, 2], rate: 50, retain: true }).start()
    for (let round = 0; round < rounds; round++) {
      await swap(keepers, round)
      const before = acknowledged()
      const lived = 50 + load.random(amount(900, 2950))
      await sleep(lived)
      await broker.kill()
      const told = acknowledged()
      await sleep(load.random(100))
      const since = performance.now()
      await broker.restart()
      const took = Math.round(performance.now() - since)
      if (IS_WHOLE) tell(`R1: ${sync}: kill ${round + 1} after ${lived} ms; ${told} messages acknowledged so far; listening again after ${took} ms`)
      await expect.poll(acknowledged, { timeout: 20_000 }).toBeGreaterThan(before)
    }
    await load.quiet(1500)
    await load.readRetained('kept/+')
    const verdict = load.check({ slackMs: 2000, isLossyWay: true })
    tell(`R1: ${sync}: ${rounds} kills; ${describeVerdict(verdict)}`)
    expect(verdict.acknowledged).toBeGreaterThan(rounds * 200)
    expect(load.publishers.every(({ failures }) => failures >= rounds)).toBe(true)
    await load.end()
    expect(await broker.stop()).toBe(0)
  })
}

test('R2: killed while it reads what is stored, at ten moments: it finds all of it the next time', { timeout: amount(60, 300) * 1000 }, async () => {
  const broker = await BrokerUnderTest.start({ lines: stored('write') })
  const load = new Load({ port: broker.port }, SEED)
  const away = [await load.subscriber('away-4', ['load/#'], { version: 4 }), await load.subscriber('away-5', ['load/#'])]
  for (const subscriber of away) await subscriber.leave('close')
  const most = amount(4000, 50_000)
  const publishers = [0, 1, 2, 3].map((i) => load.publisher(`p${i}`, { topics: [`load/${i}`, 'load/all'], qos: [1, 2], window: 100, sizeBytes: 200, most }))
  await Promise.all(publishers.map((publisher) => publisher.start()))
  await Promise.all(publishers.map((publisher) => publisher.finish()))
  await broker.kill()
  const begun = performance.now()
  await broker.restart()
  const wholeMs = performance.now() - begun
  let early = 0
  for (let i = 0; i < 10; i++) {
    await broker.launch()
    await sleep((wholeMs * (i + 1)) / 11)
    if (!broker.isListening) early++
    await broker.kill()
  }
  await broker.restart()
  await load.quiet(1500)
  const verdict = load.check({ isLossyWay: true })
  tell(`R2: replay of ${Math.round(wholeMs)} ms cut short ${early} times; ${describeVerdict(verdict)}`)
  expect(early).toBeGreaterThan(3)
  expect(verdict.received).toBe(most * 8)
  await load.end()
  expect(await broker.stop()).toBe(0)
})

test('R2: killed while it cleans: what was moved is there, once', { timeout: amount(90, 600) * 1000 }, async () => {
  const broker = await BrokerUnderTest.start({ lines: stored('write') })
  const load = new Load({ port: broker.port }, SEED)
  await load.subscriber('here', ['bulk'])
  const away = await load.subscriber('away', ['load/#'])
  await away.leave('close')
  // what passes through fills segments and counts no more; what waits for the one who is away has to be moved
  await load.publisher('bulk', { topics: ['bulk'], qos: [1], window: 40, sizeBytes: 250_000 }).start()
  for (const i of [0, 1]) await load.publisher(`p${i}`, { topics: [`load/${i}`], qos: [1, 2], rate: 100, sizeBytes: 1000 }).start()
  const kills = amount(4, 15)
  for (let i = 0; i < kills; i++) {
    const newest = segments(broker).at(-1)!
    await expect.poll(() => segments(broker).at(-1)! > newest, { timeout: 30_000, interval: 2 }).toBe(true)
    broker.signal('SIGUSR1') // cleans now
    await sleep(load.random(80))
    await broker.kill()
    await broker.restart()
  }
  await load.quiet(1500)
  const verdict = load.check({ isLossyWay: true })
  broker.signal('SIGUSR1')
  await expect.poll(() => segments(broker)[0]! > 'p0-0000000001.zlog', { timeout: 10_000 }).toBe(true)
  tell(`R2: killed ${kills} times beside cleaning, oldest segment at last ${segments(broker)[0]}; ${describeVerdict(verdict)}`)
  await broker.restart()
  await load.quiet(1500)
  load.check({ isLossyWay: true })
  await load.end()
  expect(await broker.stop()).toBe(0)
})
