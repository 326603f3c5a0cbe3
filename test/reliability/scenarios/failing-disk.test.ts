// Scenarios R5, D1 and D2: the power fails, the disk is full for a while, a sync fails.
// What is promised is kept by what was on the disk; what cannot be stored is not acknowledged.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { seeded } from '../../support/seeded-random.ts'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { FakeDiskBroker } from '../fake-disk-broker.ts'
import { keyOf } from '../history.ts'
import { Load } from '../load.ts'
import { checkHistory, describeVerdict } from '../qos-checker.ts'
import { amount, SEED, tell } from '../run-size.ts'

/** Of the background sync, and what may pass until it is done. */
const UNSYNCED_MS = 1500

async function underLoad(broker: FakeDiskBroker, rate: number): Promise<Load> {
  const load = new Load({ port: broker.port }, SEED)
  await load.subscriber('here-5', ['load/#'])
  await load.subscriber('here-4', ['load/0'], { version: 4 })
  const away = await load.subscriber('away', ['load/#'])
  for (let i = 0; i < 5; i++)
    await load.publisher(`p${i}`, { version: i % 2 === 0 ? 5 : 4, topics: [`load/${i}`, 'load/all'], qos: [1, 2, 2], rate, retain: i === 4 }).start()
  await away.leave('close')
  return load
}

const acknowledgedOf = (load: Load): number => load.publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)

test('R5: commit: the power fails again and again, nothing acknowledged is lost, QoS 2 comes once', { timeout: amount(60, 600) * 1000 }, async () => {
  const broker = await FakeDiskBroker.start({ mode: 'commit', random: seeded(SEED) })
  const load = await underLoad(broker, 60)
  const cuts = amount(6, 60)
  for (let i = 0; i < cuts; i++) {
    const before = acknowledgedOf(load)
    await sleep(50 + load.random(400))
    await broker.cutPower()
    await expect.poll(() => acknowledgedOf(load), { timeout: 20_000 }).toBeGreaterThan(before)
  }
  await load.quiet(1500)
  await load.readRetained('load/+')
  const verdict = load.check({ slackMs: 1000, isLossyWay: true })
  tell(`R5: commit: ${cuts} power cuts; ${describeVerdict(verdict)}`)
  expect(verdict.acknowledged).toBeGreaterThan(cuts * 30)
  await load.end()
})

test('R5: write: a power cut costs at most what came in the last second', { timeout: amount(60, 600) * 1000 }, async () => {
  const broker = await FakeDiskBroker.start({ mode: 'write', random: seeded(SEED) })
  const load = await underLoad(broker, 30)
  await sleep(UNSYNCED_MS) // sessions and subscriptions are on the disk
  const cuts: number[] = []
  for (let i = 0; i < amount(2, 20); i++) {
    const before = acknowledgedOf(load)
    await sleep(1500 + load.random(1000))
    cuts.push(load.now())
    await broker.cutPower()
    await expect.poll(() => acknowledgedOf(load), { timeout: 20_000 }).toBeGreaterThan(before)
    await sleep(UNSYNCED_MS)
  }
  await load.quiet(1500)
  const isLate = ({ at }: { at: number }): boolean => cuts.some((cut) => at > cut - UNSYNCED_MS && at < cut + 100)
  /** Published or received when the disk did not have it yet. */
  const late = new Set<string>()
  for (const event of load.history) {
    if (!isLate(event)) continue
    if (event.kind === 'publish' || event.kind === 'acknowledge') late.add(keyOf(event))
    if (event.kind === 'receive' && event.message !== null) late.add(keyOf(event.message))
  }
  const verdict = checkHistory(load.history, { seed: SEED, slackMs: 1000, isLossyWay: true, mayDrop: ({ key }) => late.has(key) })
  // a receiver's acknowledgement that was lost lets its message come again
  const violations = verdict.violations.filter(({ rule, sentence }) => {
    const key = /\bp\d+ #\d+/.exec(sentence)?.[0]
    return !((rule === 2 || rule === 4) && key !== undefined && late.has(key))
  })
  tell(`R5: write: ${cuts.length} power cuts; ${describeVerdict({ ...verdict, violations })}`)
  expect(describeVerdict({ ...verdict, violations })).toContain('all nine rules hold')
  expect(verdict.acknowledged).toBeGreaterThan(200)
  await load.end()
})

/** More of them on one disk would wait for long: what is deleted in the meantime leaves room for more than a round brings. */
const FULL_ROUNDS = amount(2, 5)

test.each(Array.from({ length: amount(1, 4) }, (_, i) => i + 1))(
  'D1: a disk that is full for a while: nothing unstored is acknowledged, QoS 0 flows, it goes on by itself (disk %i)',
  { timeout: amount(60, 180) * 1000 },
  async (disk) => {
    const broker = await FakeDiskBroker.start({ mode: 'write', segmentSize: 65536, random: seeded(SEED + disk) })
    const load = await underLoad(broker, 100)
    const flow = await load.subscriber('flow', ['flow'], { qos: 0 })
    await load.publisher('q0', { topics: ['flow'], qos: [0], rate: 100 }).start()
    for (let round = 0; round < FULL_ROUNDS; round++) {
      broker.files.capacity = 400_000 * (round + 1)
      await expect.poll(() => broker.store.journal.state, { timeout: 20_000 }).toBe('full')
      await sleep(200) // what was on its way has got its answer
      const before = load.history.length
      const flowed = flow.received
      await expect.poll(() => flow.received, { timeout: 5000 }).toBeGreaterThan(flowed + 20)
      const told = load.history.slice(before).filter((event) => event.kind === 'acknowledge')
      // what a 5.0 client sends is refused; what was stored before may still be acknowledged, and nobody else hears anything
      expect(told.filter(({ reasonCode }) => reasonCode === 0x97).length).toBeGreaterThan(0)
      const news = new Set(load.history.slice(before).flatMap((event) => (event.kind === 'publish' ? [keyOf(event)] : [])))
      expect(told.filter((event) => event.reasonCode < 0x80 && news.has(keyOf(event)))).toEqual([])
      broker.files.capacity = Number.POSITIVE_INFINITY
      const acknowledged = acknowledgedOf(load)
      await expect.poll(() => broker.store.journal.state, { timeout: 20_000 }).toBe('open')
      await expect.poll(() => acknowledgedOf(load), { timeout: 20_000 }).toBeGreaterThan(acknowledged + 50)
    }
    await load.quiet(1500)
    tell(`D1: ${describeVerdict(load.check({ isLossyWay: true }))}`)
    await broker.restart(false)
    await load.quiet(1500)
    load.check({ slackMs: 1000, isLossyWay: true })
    await load.end()
  },
)

for (const mode of ['write', 'commit'] as const)
  test(`D2: ${mode}: once a sync has failed nothing is acknowledged any more; the next start finds what was promised`, { timeout: 60_000 }, async () => {
    const broker = await FakeDiskBroker.start({ mode, random: seeded(SEED) })
    const load = await underLoad(broker, 60)
    await expect.poll(() => acknowledgedOf(load)).toBeGreaterThan(100)
    broker.files.isBroken = true
    await expect.poll(() => broker.store.journal.state, { timeout: 5000 }).toBe('failed')
    await sleep(50)
    const before = load.history.length
    await sleep(500)
    const after = load.history.slice(before)
    expect(after.filter(({ kind }) => kind === 'acknowledge')).toEqual([])
    expect(after.filter((event) => event.kind === 'receive' && event.qos === 2)).toEqual([])
    // the disk is exchanged: of `commit` all that it had was promised, `write` promises it to those who kill the broker only
    await broker.restart(mode === 'commit')
    await load.quiet(1500)
    const verdict = load.check({ slackMs: 1000, isLossyWay: true })
    tell(`D2: ${mode}: ${describeVerdict(verdict)}`)
    await load.end()
  })

const FILESYSTEM_BYTES = 24 << 20

test('D1: a real file system that is full for a while', { timeout: 60_000 }, async () => {
  const broker = await BrokerUnderTest.start({ lines: ['sys_interval 0'] })
  const disk = join(broker.folder, 'disk')
  mkdirSync(disk)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${FILESYSTEM_BYTES}`, 'tmpfs', disk])
  if (status !== 0) {
    if (process.env['ZZ_REQUIRE'] === 'all') throw new Error('a small file system cannot be mounted, and ZZ_REQUIRE=all wants it: run it as root')
    process.stderr.write('D1 on a real file system was not run: root may mount one\n')
    return
  }
  onTestFinished(async () => {
    await broker.kill()
    spawnSync('umount', [disk])
  })
  broker.configure(['persistence true', 'persistence_location FOLDER/disk', 'max_queued_messages 0', 'max_queued_bytes 0', 'sys_interval 0'])
  await broker.restart()
  const load = new Load({ port: broker.port }, SEED)
  const away = await load.subscriber('away', ['load/#'])
  await load.subscriber('here', ['load/#', 'flow'])
  await away.leave('close')
  for (const version of [4, 5] as const) await load.publisher(`p${version}`, { version, topics: ['load/a'], qos: [1, 2], rate: 200, sizeBytes: 2000 }).start()
  const filler = join(disk, 'filler')
  for (let round = 0; round < 2; round++) {
    writeFileSync(filler, '')
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(65536, 1), { flag: 'a' })
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
    }
    const from = broker.log.length
    await expect.poll(() => broker.log.slice(from), { timeout: 20_000 }).toContain('No space left on the disk of the store')
    await sleep(300)
    rmSync(filler)
    await expect.poll(() => broker.log.slice(from), { timeout: 20_000 }).toContain('There is space on the disk of the store again.')
    const acknowledged = acknowledgedOf(load)
    await expect.poll(() => acknowledgedOf(load), { timeout: 20_000 }).toBeGreaterThan(acknowledged)
  }
  await broker.kill()
  await broker.restart()
  await load.quiet(1500)
  tell(`D1: real file system: ${describeVerdict(load.check({ slackMs: 2000, isLossyWay: true }))}`)
  await load.end()
  expect(await broker.stop()).toBe(0)
})
