// Bridges of a configuration over time: what a restart with `persistence true` finds, a certificate that was renewed, two bridges at each other.
// What one bridge does while it runs is in bridges.test.ts.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { freePort } from '../interop/support/mosquitto.ts'
import { RawClient } from '../interop/support/raw-client.ts'
import { type ConfiguredHere, configuredHere } from './configured-kit.ts'

const CERTIFICATES = fileURLToPath(new URL('../net/certificates', import.meta.url))
const CONNECTED = /Received (UN)?SUBACK from local\.b\b/

function bridge(port: number, ...lines: readonly string[]): string[] {
  return ['connection b', `address 127.0.0.1:${port}`, 'remote_clientid b', 'restart_timeout 1', 'notifications false', ...lines]
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-bridges-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function client(broker: ConfiguredHere, clientId: string): Promise<RawClient> {
  const made = await RawClient.connect(broker.port, { version: 4, clientId })
  onTestFinished(() => made.cut())
  return made
}

function payloads(from: RawClient, topicName: string): string[] {
  return from.received.flatMap((packet) =>
    packet.type === PacketType.Publish && packet.topicName === topicName ? [new TextDecoder().decode(packet.payload)] : [],
  )
}

async function came(from: RawClient, topicName: string, wanted: readonly string[]): Promise<void> {
  await from.until(() => payloads(from, topicName).length >= wanted.length, `${wanted.length} messages on ${topicName}`)
  await from.ping()
  expect(payloads(from, topicName)).toEqual(wanted)
}

test('persistence true: what waits for a far end that is away survives a restart of ours, in both directions', async () => {
  const stored = ['persistence true', `persistence_location ${folder()}`]
  const farPort = await freePort()
  const far = await configuredHere([`listener ${farPort} 127.0.0.1`])
  const lines = [...stored, ...bridge(farPort, 'topic out out 2', 'topic in in 2')]
  const first = await configuredHere(lines, { outlives: true })
  await first.until(CONNECTED, 2)
  await far.close()
  const writer = await client(first, 'writer')
  const wanted = Array.from({ length: 20 }, (_, i) => `${i}`)
  for (const payload of wanted) await writer.publish({ topicName: 'out', payload, qos: 2 })
  await first.close()
  const again = await configuredHere([`listener ${farPort} 127.0.0.1`])
  const there = await RawClient.connect(farPort, { version: 4, clientId: 'there' })
  onTestFinished(() => there.cut())
  await there.subscribe([{ topicFilter: 'out', qos: 2 }])
  const second = await configuredHere(lines)
  await came(there, 'out', wanted)
  const here = await client(second, 'here')
  await here.subscribe([{ topicFilter: 'in', qos: 2 }])
  await there.publish({ topicName: 'in', payload: 'x', qos: 2 })
  await came(here, 'in', ['x'])
  expect(again.log).not.toMatch(/^error/m)
})

test('SIGHUP takes a renewed certificate in, though no line has changed', async () => {
  const certificates = folder()
  const use = (name: string): void => {
    for (const ending of ['crt', 'key']) copyFileSync(join(CERTIFICATES, `${name}.${ending}`), join(certificates, `own.${ending}`))
  }
  const tls = ['cafile CERTS/ca.crt', 'certfile CERTS/server.crt', 'keyfile CERTS/server.key', 'require_certificate true']
  const far = await configuredHere(['listener PORT 127.0.0.1', ...tls])
  const lines = [
    'allow_anonymous true',
    'listener PORT 127.0.0.1',
    ...bridge(far.port, 'topic # out', 'bridge_cafile CERTS/ca.crt', 'bridge_insecure true', 'bridge_reload_type immediate'),
    `bridge_certfile ${certificates}/own.crt`,
    `bridge_keyfile ${certificates}/own.key`,
  ]
  use('other-client')
  const near = await configuredHere(lines.slice(1))
  await far.until(/client certificate refused: /)
  expect(near.running.bridges.connected).toBe(0)
  use('client')
  near.reload(lines)
  await near.until(CONNECTED)
  const attempts = near.log.match(/Connecting bridge/g)!.length
  near.reload(lines)
  expect(near.running.bridges.connected).toBe(1)
  expect(near.log.match(/Connecting bridge/g)).toHaveLength(attempts)
})

test('two brokers with a bridge to each other, each for topics of its own: everything arrives once', async () => {
  const [port, other] = [await freePort(), await freePort()]
  const one = await configuredHere([`listener ${port} 127.0.0.1`, ...bridge(other, 'topic one/# both 2')])
  const two = await configuredHere([`listener ${other} 127.0.0.1`, ...bridge(port, 'topic two/# both 2')])
  for (const broker of [one, two]) await broker.until(CONNECTED)
  const [here, there] = await Promise.all([port, other].map((each) => RawClient.connect(each, { version: 4, clientId: 'client' })))
  onTestFinished(() => Promise.all([here!.cut(), there!.cut()]).then(() => {}))
  for (const each of [here!, there!]) await each.subscribe([{ topicFilter: '#', qos: 2 }])
  for (const topicName of ['one/x', 'two/x', 'one/end', 'two/end'])
    for (const each of [here!, there!]) await each.publish({ topicName, payload: each === here ? 'here' : 'there', qos: 2 })
  for (const each of [here!, there!]) {
    for (const topicName of ['one/end', 'two/end']) await each.until(() => payloads(each, topicName).length >= 2, topicName)
    for (const topicName of ['one/x', 'two/x']) expect(payloads(each, topicName).toSorted()).toEqual(['here', 'there'])
  }
})
