// Persistence by a configuration file: what a restart finds again, and what Mosquitto left is taken over.
// Kills under load are broker-killed.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startProgram } from '../support/built.ts'
import { configured, guest } from './support/broker-kit.ts'

const OPEN = ['allow_anonymous true', 'listener PORT 127.0.0.1']

test.each(['persistence', 'retained_persistence'])('%s true: retained messages are there after a restart', async (option) => {
  const lines = [...OPEN, `${option} true`, 'persistence_location FOLDER', 'persistence_sync commit']
  const first = await configured(lines)
  const writer = await guest(first.port, { clientId: 'writer' })
  await writer.publish('kept', 'value', { qos: 1, retain: true })
  await expect(first.program.ended('SIGKILL')).rejects.toThrow('SIGKILL')
  const again = startProgram(['broker', '-c', first.file])
  await again.until('stderr', / running\n/)
  const reader = await guest(first.port, { clientId: 'reader' })
  await reader.subscribe('kept')
  expect(await reader.got(1)).toEqual(['kept value r'])
})

test('persistence_file: the database of Mosquitto is taken over, once', async () => {
  const lines = [...OPEN, 'persistence true', 'persistence_location FOLDER', 'persistence_file old.db']
  const database = readFileSync(new URL('../golden/mosquitto-2.0.11.db', import.meta.url))
  const broker = await configured(lines, { files: { 'old.db': database } })
  expect(broker.log).toContain(`Imported 2 sessions, 7 messages and 3 retained messages from ${broker.folder}/old.db, which is not used any more.`)
  const reader = await guest(broker.port, { clientId: 'reader' })
  await reader.subscribe('a/ret')
  expect(await reader.got(1)).toEqual(['a/ret retained-one r'])
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  const again = startProgram(['broker', '-c', broker.file])
  await again.until('stderr', / running\n/)
  expect(again.stderr).not.toContain('Imported')
})

test('per_listener_settings: after a restart a retained message is judged by the ACL of the listener that its publisher used', async () => {
  const listener = (port: string, acl: string): string[] => [`listener ${port} 127.0.0.1`, 'allow_anonymous true', `acl_file FOLDER/${acl}`]
  const lines = [
    'per_listener_settings true',
    'persistence true',
    'persistence_location FOLDER',
    ...listener('PORT', 'inside.acl'),
    ...listener('PORT2', 'outside.acl'),
  ]
  const broker = await configured(lines, { files: { 'inside.acl': 'topic #\n', 'outside.acl': 'topic #\n' } })
  const [inside, outside] = broker.ports as [number, number]
  await (await guest(inside, { clientId: 'in' })).publish('kept/in', 'in', { qos: 1, retain: true })
  await (await guest(outside, { clientId: 'out' })).publish('kept/out', 'out', { qos: 1, retain: true })
  const kept = async (clientId: string): Promise<readonly string[]> => {
    const reader = await guest(inside, { clientId })
    await reader.subscribe('kept/#')
    await reader.subscribe('ready')
    await reader.publish('ready', 'now')
    await expect.poll(() => reader.messages).toContain('ready now')
    return reader.messages.slice(0, -1).sort()
  }
  expect(await kept('before')).toEqual(['kept/in in r', 'kept/out out r'])
  await expect(broker.program.ended('SIGKILL')).rejects.toThrow('SIGKILL')
  broker.write('outside.acl', 'topic read #\n')
  const again = startProgram(['broker', '-c', broker.file])
  await again.until('stderr', / running\n/)
  expect(await kept('after')).toEqual(['kept/in in r'])
})
