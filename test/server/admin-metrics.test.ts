// /metrics as scrapers read it, in both formats; /health and /ready as supervisors do.
// Names and types are checked by a reader of the format, numbers against what clients did.

import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { startConsole } from '../support/console-broker.ts'

interface Family {
  readonly type: string
  readonly help: string
  readonly unit: string | null
  readonly samples: Map<string, number>
}

/** Reads either format; throws for what no scraper would take. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, { type: string; help: string; unit: string | null; samples: Map<string, number> }>()
  let family: { type: string; help: string; unit: string | null; samples: Map<string, number> } | null = null
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '# EOF') {
      family = null
      continue
    }
    const [, kind, name, rest] = /^# (TYPE|HELP|UNIT) ([a-z_]+) (.+)$/.exec(line) ?? []
    if (kind === 'TYPE') {
      expect(families.has(name!)).toBe(false)
      family = { type: rest!, help: '', unit: null, samples: new Map() }
      families.set(name!, family)
    } else if (kind === 'HELP') family!.help = rest!
    else if (kind === 'UNIT') family!.unit = rest!
    else {
      const [, sample, labels = '', value] = /^([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\[\\"n])*"\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line) ?? []
      if (sample === undefined) throw new Error(`no sample: ${line}`)
      family!.samples.set(labels.startsWith('{version') ? sample : sample + labels, Number(value))
    }
  }
  return families
}

test('both formats say the same, each as its readers expect it', async () => {
  const console = await startConsole()
  const client = await connectAsync(console.running.url, { clientId: 'c' })
  onTestFinished(() => void client.end(true))
  await client.subscribeAsync(['a', '$share/g/b'])
  for (let i = 0; i < 3; i++) await client.publishAsync('a', 'four', { qos: 1 })
  const plain = await console.get('/metrics')
  const open = await console.get('/metrics', { Accept: 'application/openmetrics-text; version=1.0.0,text/plain;q=0.5' })
  expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(open.text.endsWith('# EOF\n')).toBe(true)
  expect(plain.text).not.toContain('EOF')
  const [old, now] = [parse(plain.text), parse(open.text)]
  for (const [name, { type, help, unit, samples }] of now) {
    expect(help).toMatch(/^[A-Z].*\.$/)
    if (unit !== null) expect(name.endsWith(`_${unit}`)).toBe(true)
    const [sample] = [...samples.keys()]
    if (type === 'histogram') {
      expect([...old.get(name)!.samples.keys()]).toEqual([...samples.keys()])
      continue
    }
    expect(sample).toBe(type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name)
    expect(old.get(sample!)?.type).toBe(type === 'info' ? 'gauge' : type)
  }
  const value = (name: string): number => [...now.get(name)!.samples.values()][0]!
  expect(value('zanzara_publishes_received')).toBe(3)
  expect(value('zanzara_publish_received_bytes')).toBe(12)
  expect(value('zanzara_clients_connected')).toBe(1)
  expect(value('zanzara_subscriptions')).toBe(1)
  expect(value('zanzara_shared_subscriptions')).toBe(1)
  expect(value('zanzara_received_bytes')).toBeGreaterThan(40)
  expect(value('zanzara_sent_bytes')).toBeGreaterThan(20)
  expect(value('zanzara_heap_bytes')).toBeGreaterThan(1e6)
  expect(Math.abs(value('zanzara_start_time_seconds') - Date.now() / 1000)).toBeLessThan(60)
})

test('how long turns are, as a histogram: every turn is in the last bucket, and none in fewer of the later ones', async () => {
  const console = await startConsole()
  const client = await connectAsync(console.running.url, { clientId: 'c' })
  onTestFinished(() => void client.end(true))
  await client.subscribeAsync('a')
  for (let i = 0; i < 20; i++) await client.publishAsync('a', 'x', { qos: 1 })
  const text = (await console.get('/metrics', { Accept: 'application/openmetrics-text' })).text
  const { type, unit, samples } = parse(text).get('zanzara_turn_duration_seconds')!
  expect([type, unit]).toEqual(['histogram', 'seconds'])
  const entries = [...samples]
  const buckets = entries.filter(([name]) => name.includes('_bucket'))
  const bounds = buckets.map(([name]) => /le="(.*)"/.exec(name)![1]!)
  expect([bounds.length, bounds.slice(0, 4), bounds.slice(-5)]).toEqual([20, ['1e-05', '2e-05', '5e-05', '0.0001'], ['1.0', '2.0', '5.0', '10.0', '+Inf']])
  expect(bounds.slice(0, -1).map(Number)).toEqual(
    bounds
      .slice(0, -1)
      .map(Number)
      .toSorted((a, b) => a - b),
  )
  const counts = buckets.map(([, count]) => count)
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  const [sum, count] = entries.slice(-2)
  expect([sum![0], count![0]]).toEqual(['zanzara_turn_duration_seconds_sum', 'zanzara_turn_duration_seconds_count'])
  expect(count![1]).toBe(counts.at(-1))
  expect(count![1]).toBeGreaterThanOrEqual(20)
  expect(sum![1]).toBeGreaterThan(count![1] * 1e-6)
  expect(sum![1]).toBeLessThan(60)
})

test('nothing in the metrics names a client or a topic', async () => {
  const console = await startConsole()
  const client = await connectAsync(console.running.url, { clientId: 'somebody', username: 'someone' })
  onTestFinished(() => void client.end(true))
  await client.publishAsync('some/where', 'x', { qos: 1, retain: true })
  expect((await console.get('/metrics')).text).not.toMatch(/some/)
})

test('ready says no when the memory is full, and before and after the broker listens', async () => {
  const console = await startConsole()
  expect((await console.get('/ready')).json).toEqual({ status: 'ready' })
  console.running.broker.setLimits({ memoryLimit: 1 })
  const full = await console.get('/ready', { Host: 'any.name.of.a.supervisor' })
  expect([full.status, full.json]).toEqual([503, { status: 'memory_limit is reached' }])
  expect((await console.get('/health')).json).toEqual({ status: 'ok' })
  console.running.broker.setLimits({ memoryLimit: 0 })
  expect((await console.get('/ready')).status).toBe(200)
  await console.running.close()
  const after = await (await console.admin.app()).hono.request('/ready', {}, { address: '127.0.0.1', isSecure: false })
  expect(after.status).toBe(503)
})
