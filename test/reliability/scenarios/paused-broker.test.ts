// Scenario R4: the broker's process stands still, shorter and longer than the clients' Keep Alive, and goes on.
// Clients give up and come back; whatever the order in which it reads their old and new connections, the nine rules hold.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BrokerUnderTest } from '../broker-under-test.ts'
import { Load } from '../load.ts'
import { describeVerdict } from '../qos-checker.ts'
import { amount, IS_WHOLE, SEED, tell } from '../run-size.ts'

const PAUSES_MS = IS_WHOLE ? [10_000, 70_000] : [300, 3500]

test('R4: a broker that is stopped and goes on loses and repeats nothing', { timeout: amount(60, 300) * 1000 }, async () => {
  const broker = await BrokerUnderTest.start({ lines: ['max_queued_messages 0', 'sys_interval 0'] })
  const load = new Load({ port: broker.port }, SEED)
  const keepAlive = IS_WHOLE ? 20 : 2
  for (const version of [4, 5] as const) await load.subscriber(`s${version}`, ['load/#'], { version, keepAlive })
  await load.subscriber('watcher', ['will/#'], { keepAlive: 0 })
  const mortal = await load.subscriber('mortal', ['nothing'], { keepAlive, will: { topic: 'will/mortal', qos: 1, delayMs: 0 } })
  for (const [i, version] of ([4, 5, 5] as const).entries())
    await load.publisher(`p${i}`, { version, topics: ['load/a', `load/${i}`], qos: [2, 1, 2, 0], rate: 200, keepAlive }).start()
  for (const pauseMs of PAUSES_MS) {
    await sleep(300)
    broker.signal('SIGSTOP')
    await sleep(pauseMs)
    // what clients do whose PINGRESP does not come: they go and come back, while nobody reads
    if (pauseMs > keepAlive * 1500) {
      const half = [load.publishers[0]!, load.publishers[1]!, load.subscribers[0]!, mortal]
      await Promise.all(half.map((client, i) => client.leave(i % 2 === 0 ? 'close' : 'reset')))
      for (const client of half) client.comeBack().catch(() => {})
      await sleep(200)
    }
    broker.signal('SIGCONT')
  }
  await sleep(500)
  await load.quiet(1000)
  const verdict = load.check({ isLossyWay: true, slackMs: 1000 })
  tell(`R4: ${describeVerdict(verdict)}`)
  expect(verdict.acknowledged).toBeGreaterThan(100)
  await load.end()
  expect(await broker.stop()).toBe(0)
})
