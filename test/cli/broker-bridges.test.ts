// Bridges of the program: a `connection` in its file, SIGHUP that adds, changes and ends it, SIGTERM that says goodbye, files that are missing.
// What a bridge does with messages is in test/bridge and test/server/bridges.test.ts.

import { expect, test } from 'vitest'
import { startProgram } from '../support/built.ts'
import { configured, guest } from './support/broker-kit.ts'

const OPEN = ['allow_anonymous true', 'listener PORT 127.0.0.1', 'log_type all']

function bridge(port: number, ...lines: string[]): string[] {
  return [...OPEN, 'connection b', `address 127.0.0.1:${port}`, 'remote_clientid b', 'restart_timeout 1', ...lines]
}

test('a bridge from start to end: its lines, a message, the state there', async () => {
  const far = await configured(OPEN)
  const near = await configured(bridge(far.port, 'topic # both 1 here/ there/'))
  await near.program.until('stderr', /Received SUBACK from local\.b\n/)
  const lines = near.log.filter((line) => /[Bb]ridge|local\.b/.test(line))
  expect(lines.slice(0, 6)).toEqual([
    'Bridge support available.',
    'Bridge local.b doing local SUBSCRIBE on topic here/#',
    `Connecting bridge b (127.0.0.1:${far.port})`,
    'Bridge b sending CONNECT',
    'Received CONNACK on connection local.b.',
    'Bridge local.b sending SUBSCRIBE (Mid: 32769, Topic: there/#, QoS: 1, Options: 0x00)',
  ])
  const reader = await guest(far.port)
  await reader.subscribe('#')
  await reader.subscribe('$SYS/broker/connection/#')
  await (await guest(near.port)).publish('here/x', 'hello')
  expect(await reader.got(2)).toEqual(['$SYS/broker/connection/b/state 1 r', 'there/x hello'])
  near.program.child.kill('SIGTERM')
  expect(await near.program.ended()).toBe(0)
  expect((await reader.got(3)).at(-1)).toBe('$SYS/broker/connection/b/state 0')
})

test('SIGHUP: a bridge is added, changed at once or later, and taken out; a broken one changes nothing', async () => {
  const far = await configured(OPEN)
  const near = await configured(OPEN)
  const [reader, writer] = [await guest(far.port), await guest(near.port)]
  await reader.subscribe('#')
  near.configure(bridge(far.port, 'topic a/# out 1', 'notifications false'))
  await near.reload(/Received UNSUBACK from local\.b\n/)
  await writer.publish('a/1', 'x')
  expect(await reader.got(1)).toEqual(['a/1 x'])
  near.configure(bridge(far.port, 'topic b/# out 1', 'notifications false', 'bridge_cafile FOLDER/none'))
  const refused = await near.reload(/The configuration stays as it was\.\n/)
  expect(refused[1]).toMatch(/^Error: Unable to load CA certificates of bridge b\. Check bridge_cafile '.*none': ENOENT/)
  near.configure(bridge(far.port, 'topic b/# out 1', 'notifications false', 'bridge_reload_type immediate'))
  await near.reload(/Received UNSUBACK from local\.b\n/)
  await writer.publish('a/2', 'x')
  await writer.publish('b/2', 'x')
  expect(await reader.got(2)).toEqual(['a/1 x', 'b/2 x'])
  near.configure(OPEN)
  await near.reload(/Reloading config\.\n/)
  await far.program.until('stderr', /Client b \[127\.0\.0\.1:\d+\] disconnected\.\n[\s\S]*Client b \[127\.0\.0\.1:\d+\] disconnected\.\n/)
})

test('a certificate that cannot be read ends the start, before anything listens', async () => {
  const near = await configured(OPEN)
  near.configure(bridge(1, 'topic #', 'bridge_cafile FOLDER/none'))
  const program = startProgram(['broker', '-c', near.file])
  expect(await program.ended()).toBe(1)
  expect(program.log.at(-2)).toMatch(/^Error: Unable to load CA certificates of bridge b\. Check bridge_cafile /)
  expect(program.log.some((line) => line.startsWith('Opening'))).toBe(false)
})
