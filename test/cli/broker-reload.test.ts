// SIGHUP: the configuration file and everything it names is read again, and holds at once for those who are connected.
// What cannot be used leaves all as it was; listeners cannot come and go.

import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { answer, certificate, configured, folder, guest, passwordFile } from './support/broker-kit.ts'

test('passwords: who has another now is ended, 0x98 in 5.0 and "not authorised" in the log; who has the same stays', async () => {
  const bobs = passwordFile(['bob', 'b'])
  const broker = await configured(['password_file FOLDER/pw', 'listener PORT 127.0.0.1'], { files: { pw: `${passwordFile(['ann', 'a'])}${bobs}` } })
  const { port, program } = broker
  const ann = await guest(port, { clientId: 'ann5', username: 'ann', password: 'a', protocolVersion: 5 })
  const old = await guest(port, { clientId: 'ann3', username: 'ann', password: 'a' })
  const bob = await guest(port, { username: 'bob', password: 'b' })
  broker.write('pw', `${passwordFile(['ann', 'new'])}${bobs}`)
  const lines = await broker.reload(/2 clients are not welcome any more\.\n/)
  expect([await ann.ended(), await old.ended()]).toEqual([0x98, null])
  expect(await bob.publish('x', '1')).toBe(0)
  expect(await answer(port, { username: 'ann', password: 'a' })).toBe(5)
  expect(await answer(port, { username: 'ann', password: 'new' })).toBe('welcome')
  expect(lines[0]).toBe('Reloading config.')
  await program.until('stderr', /Client ann5 \[127\.0\.0\.1:\d+\] disconnected: not authorised\.\n/)
  await program.until('stderr', /Client ann3 \[127\.0\.0\.1:\d+\] disconnected: not authorised\.\n/)
})

test('allow_anonymous false: the nameless are ended', async () => {
  const broker = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1'])
  const nobody = await guest(broker.port, { protocolVersion: 5 })
  broker.configure(['allow_anonymous false', 'listener PORT 127.0.0.1'])
  await broker.reload(/1 client is not welcome any more\.\n/)
  expect(await nobody.ended()).toBe(0x98)
  expect(await answer(broker.port)).toBe(5)
})

test('rules: for the connected, for messages in their queues and for retained ones', async () => {
  const all = 'topic #\n'
  const lines = ['allow_anonymous true', 'acl_file FOLDER/acl', 'listener PORT 127.0.0.1']
  const broker = await configured(lines, { files: { acl: all } })
  const { port } = broker
  const session = { clientId: 'away', clean: false }
  const away = await guest(port, session)
  await away.subscribe('#', 1)
  await away.leave()
  const writer = await guest(port, { protocolVersion: 5 })
  const reader = await guest(port)
  await reader.subscribe('#')
  for (const topic of ['open', 'secret']) expect(await writer.publish(topic, '1', { retain: true })).toBe(0)
  await reader.got(2)
  broker.write('acl', 'topic open\n')
  await broker.reload(/Reloading config\.\n/)
  expect(await writer.publish('secret', '2')).toBe(0x87)
  expect(await writer.publish('open', '2')).toBe(0)
  expect(await reader.got(3)).toEqual(['open 1', 'secret 1', 'open 2'])
  expect(await (await guest(port, session)).got(2)).toEqual(['open 1', 'open 2'])
  const late = await guest(port)
  await late.subscribe('#')
  expect(await late.got(1)).toEqual(['open 1 r'])
})

test.each([
  ['check_retain_source true', []],
  ['check_retain_source false', ['a 1 r']],
])('%s: what a publisher retained who may not publish there any more', async (line, retained) => {
  const lines = ['allow_anonymous true', line, 'acl_file FOLDER/acl', 'listener PORT 127.0.0.1']
  const broker = await configured(lines, { files: { acl: 'user w\ntopic #\nuser r\ntopic read #\ntopic end\n' } })
  const writer = await guest(broker.port, { username: 'w' })
  await writer.publish('a', '1', { retain: true })
  broker.write('acl', 'user r\ntopic read #\ntopic end\n')
  await broker.reload(/Reloading config\.\n/)
  const reader = await guest(broker.port, { username: 'r' })
  await reader.subscribe('a')
  await reader.subscribe('end')
  await reader.publish('end', '')
  await expect.poll(() => reader.messages.at(-1), { timeout: 30_000 }).toBe('end ')
  expect(reader.messages.slice(0, -1)).toEqual(retained)
})

test('certificates are renewed; connections live on', async () => {
  const path = folder()
  const put = (name: string): void => {
    for (const end of ['crt', 'key']) copyFileSync(certificate(`${name}.${end}`), join(path, `mine.${end}`))
  }
  put('server')
  const broker = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1', `certfile ${path}/mine.crt`, `keyfile ${path}/mine.key`])
  const serial = async (): Promise<string> =>
    await new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: broker.port, rejectUnauthorized: false })
      onTestFinished(() => void socket.destroy())
      socket.on('secureConnect', () => resolve(socket.getPeerX509Certificate()!.validTo)).on('error', reject)
    })
  const connected = await guest(broker.port, { protocol: 'mqtts', rejectUnauthorized: false })
  const first = await serial()
  put('expired')
  await broker.reload(/Reloading config\.\n/)
  await expect.poll(serial, { timeout: 30_000 }).not.toBe(first)
  expect(await connected.publish('x', '1')).toBe(0)
  copyFileSync(certificate('make.sh'), join(path, 'mine.key'))
  const lines = await broker.reload(/stays as it was\.\n/)
  expect(lines[1]).toMatch(/^Error: /)
  expect(await serial()).not.toBe(first)
})

test('limits hold for newcomers and for what comes next', async () => {
  const broker = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1'])
  const before = await guest(broker.port, { protocolVersion: 5 })
  broker.configure(['allow_anonymous true', 'message_size_limit 5', 'global_max_connections 1', 'listener PORT 127.0.0.1'])
  await broker.reload(/Reloading config\.\n/)
  await expect.poll(() => before.publish('x', '123456'), { timeout: 30_000 }).toBe(0x97)
  expect(await answer(broker.port)).not.toBe('welcome')
  broker.configure(['allow_anonymous true', 'max_packet_size 500', 'listener PORT 127.0.0.1'])
  await broker.reload(/Reloading config\.\n/)
  await expect.poll(() => before.publish('x', '123456'), { timeout: 30_000 }).not.toBe(0x97)
  expect((await guest(broker.port, { protocolVersion: 5 })).connack.properties?.maximumPacketSize).toBe(500)
})

test('the log: its file is opened anew, and may be another one; types and stamps too', async () => {
  const path = folder()
  const file = join(path, 'log')
  const lines = (more: readonly string[], to = file): string[] => [
    'allow_anonymous true',
    'log_dest stderr',
    `log_dest file ${to}`,
    ...more,
    'listener PORT 127.0.0.1',
  ]
  const broker = await configured(lines([]))
  renameSync(file, `${file}.1`)
  await broker.reload(/Reloading config\.\n/)
  await answer(broker.port, { clientId: 'rotated' })
  await expect.poll(() => readFileSync(file, 'utf8'), { timeout: 30_000 }).toMatch(/as rotated /)
  expect(readFileSync(`${file}.1`, 'utf8')).not.toContain('rotated')
  broker.configure(lines(['log_timestamp false', 'log_type subscribe'], `${file}2`))
  await broker.reload(/Reloading config\.\n/)
  const client = await guest(broker.port, { clientId: 'second' })
  await client.subscribe('a/b')
  await expect.poll(() => readFileSync(`${file}2`, 'utf8'), { timeout: 30_000 }).toBe('second 0 a/b\n')
})

test('connection_messages, sys_interval and max_retained_messages hold at once', async () => {
  const lines = ['allow_anonymous true', 'listener PORT 127.0.0.1']
  const broker = await configured([...lines, 'sys_interval 0', 'connection_messages false', 'max_retained_messages 200'])
  const client = await guest(broker.port, { clientId: 'first', protocolVersion: 5 })
  await client.subscribe('$SYS/broker/uptime')
  expect(await client.publish('a', '1', { retain: true })).toBe(0)
  broker.configure([...lines, 'sys_interval 1', 'max_retained_messages 1'])
  await broker.reload(/Reloading config\.\n/)
  await client.got(3)
  expect(await client.publish('b', '1', { retain: true })).toBe(0x97)
  await guest(broker.port, { clientId: 'second' })
  await broker.program.until('stderr', / as second /)
  expect(broker.program.stderr).not.toContain(' as first ')
  broker.configure([...lines, 'sys_interval 0', 'log_type all'])
  await broker.reload(/Reloading config\.\n/)
  await client.subscribe('fence')
  await client.publish('fence', '')
  await expect.poll(() => client.messages.at(-1)).toBe('fence ') // what was on its way has come
  const before = client.messages.length
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(client.messages.length).toBe(before)
  await client.publish('c', '1')
  await broker.program.until('stderr', /Received PUBLISH from first /)
})

test('a broken file changes nothing, and says where', async () => {
  const lines = ['allow_anonymous true', 'password_file FOLDER/pw', 'listener PORT 127.0.0.1']
  const pw = passwordFile(['ann', 'a'])
  const broker = await configured(lines, { files: { pw } })
  const ann = await guest(broker.port, { username: 'ann', password: 'a' })
  broker.configure(['allow_anonymous false', 'bogus 1', 'listener PORT 127.0.0.1'])
  expect((await broker.reload(/stays as it was\.\n/)).slice(1)).toEqual([
    "Error: Unknown configuration variable 'bogus'.",
    `Error found at ${broker.file}:2.`,
    'Error: The configuration stays as it was.',
  ])
  broker.configure(['allow_anonymous false', 'password_file FOLDER/nope', 'listener PORT 127.0.0.1'])
  expect((await broker.reload(/stays as it was\.\n/))[1]).toBe(`Error: Unable to open pwfile "${broker.folder}/nope".`)
  broker.configure(lines)
  broker.write('pw', `${pw}bob:plain\n`)
  expect((await broker.reload(/stays as it was\.\n/)).join('\n')).toContain(`${broker.folder}/pw`)
  expect(await ann.publish('x', '1')).toBe(0)
  expect(await answer(broker.port)).toBe('welcome')
  expect(await answer(broker.port, { username: 'ann', password: 'a' })).toBe('welcome')
})

test('listeners cannot come and go: the log says so, the rest is taken over', async () => {
  const broker = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1', 'listener PORT2 127.0.0.1'])
  const [first, second] = broker.ports as [number, number]
  broker.configure(['allow_anonymous true', 'message_size_limit 3', 'listener PORT 127.0.0.1', `listener ${first === 1 ? 2 : 1} 127.0.0.1`])
  const lines = await broker.reload(/reloading the config file\.\n/)
  expect(lines).toContain('Error: It is not currently possible to add/remove listeners when reloading the config file.')
  const client = await guest(first, { protocolVersion: 5 })
  await expect.poll(() => client.publish('x', '1234'), { timeout: 30_000 }).toBe(0x97)
  expect(await answer(second)).toBe('welcome')
})

test('generated identifiers keep their prefix after a reload', async () => {
  const broker = await configured(['allow_anonymous true', 'listener PORT 127.0.0.1'])
  await broker.reload(/Reloading config\.\n/)
  const { connack } = await guest(broker.port, { clientId: '', protocolVersion: 5 })
  expect(connack.properties?.assignedClientIdentifier).toMatch(/^auto-[0-9A-F]{8}-/)
})
