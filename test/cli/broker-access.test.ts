// Who may come in and do what, by a configuration file: each option of mosquitto.conf's security, seen from outside.
// How passwords, rules and keys are judged is tested in test/auth; here that the file's lines reach them.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../interop/support/mosquitto.ts'
import { answer, command, configured, folder, guest, passwordFile } from './support/broker-kit.ts'

const passwords = (...users: readonly string[]): string => passwordFile(...users.map((user) => [user, `${user}-pw`] as const))
const login = (user: string, word = `${user}-pw`): { username: string; password: string } => ({ username: user, password: word })

test('password_file: the right password comes in; a wrong one, an unknown user and nobody do not: 5 in 3.1.1, 135 in 5.0', async () => {
  const { port, program } = await configured(['password_file FOLDER/pw', 'listener PORT 127.0.0.1'], { files: { pw: passwords('ann', 'bob') } })
  expect(await answer(port, login('ann'))).toBe('welcome')
  expect(await answer(port, { ...login('bob'), protocolVersion: 5 })).toBe('welcome')
  for (const wrong of [login('ann', 'bob-pw'), login('eve'), {}]) {
    expect(await answer(port, wrong)).toBe(5)
    expect(await answer(port, { ...wrong, protocolVersion: 5 })).toBe(135)
  }
  await program.until('stderr', /disconnected: not authorised\.\n/)
  expect(program.stderr).toMatch(/refused: it gave no user name, and 'allow_anonymous' is false unless/)
  expect(program.stderr).not.toContain('bob-pw')
})

test('allow_anonymous true beside a password_file: no name comes in, a wrong one does not; listener_allow_anonymous and listener_auto_id_prefix', async () => {
  const { ports } = await configured(
    [
      'auto_id_prefix lab-',
      'allow_anonymous true',
      'password_file FOLDER/pw',
      'listener PORT 127.0.0.1',
      'listener PORT2 127.0.0.1',
      'listener_allow_anonymous false',
      'listener PORT3 127.0.0.1',
      'listener_auto_id_prefix guest-',
    ],
    { files: { pw: passwords('ann') } },
  )
  const [all, closed, named] = ports as [number, number, number]
  expect(await answer(all)).toBe('welcome')
  expect(await answer(all, login('ann', 'x'))).toBe(5)
  expect(await answer(closed)).toBe(5)
  expect(await answer(closed, login('ann'))).toBe('welcome')
  const ids = await Promise.all(
    [all, named].map(async (port) => (await guest(port, { protocolVersion: 5, clientId: '' })).connack.properties?.assignedClientIdentifier),
  )
  const uuid = '[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$'
  expect(ids).toEqual([expect.stringMatching(`^lab-${uuid}`), expect.stringMatching(`^guest-${uuid}`)])
})

test('allow_zero_length_clientid false: 2 in 3.1.1, 0x85 in 5.0; clientid_prefixes', async () => {
  const { port } = await configured(['allow_anonymous true', 'allow_zero_length_clientid false', 'clientid_prefixes lab-', 'listener PORT 127.0.0.1'])
  expect(await answer(port, { clientId: '' })).toBe(2)
  expect(await answer(port, { clientId: '', protocolVersion: 5 })).toBe(0x85)
  expect(await answer(port, { clientId: 'lab-1' })).toBe('welcome')
  expect(await answer(port, { clientId: 'other' })).toBe(5)
})

const RULES = 'topic read open/#\nuser ann\ntopic write a/#\ntopic deny a/secret\ntopic read b/+\npattern readwrite own/%u/%c/#\n'

test('acl_file: what may not be published is denied, what may not be read is not delivered; subscriptions are granted', async () => {
  const { port, program } = await configured(['allow_anonymous true', 'acl_file FOLDER/acl', 'log_type all', 'listener PORT 127.0.0.1'], {
    files: { acl: `${RULES}user root\ntopic #\n` },
  })
  const root = await guest(port, { username: 'root' })
  await root.subscribe('#')
  const ann = await guest(port, { username: 'ann', clientId: 'c1', protocolVersion: 5 })
  expect(await ann.subscribe('#', 1)).toBe(1)
  expect(await ann.publish('a/x', '1')).toBe(0)
  expect(await ann.publish('a/secret', '2')).toBe(0x87)
  expect(await ann.publish('b/x', '3')).toBe(0x87)
  expect(await ann.publish('own/ann/c1/x', '4')).toBe(0)
  expect(await ann.publish('own/bob/c1/x', '5')).toBe(0x87)
  const nobody = await guest(port)
  await nobody.subscribe('#')
  expect(await nobody.publish('a/x', '6')).toBe(0) // 3.1.1 is not told
  for (const topic of ['a/x', 'b/x', 'b/x/y', 'open/x', 'own/ann/c1/y']) await root.publish(topic, '7')
  expect(await root.got(7)).toEqual(['a/x 1', 'own/ann/c1/x 4', 'a/x 7', 'b/x 7', 'b/x/y 7', 'open/x 7', 'own/ann/c1/y 7'])
  expect(await ann.got(3)).toEqual(['own/ann/c1/x 4', 'b/x 7', 'own/ann/c1/y 7'])
  expect(await nobody.got(1)).toEqual(['open/x 7'])
  expect(program.stderr).toMatch(/: Denied PUBLISH from c1 \(d0, q1, r0, m\d+, 'a\/secret', \.\.\. \(1 bytes\)\)\n/)
})

test('per_listener_settings: each listener has its own files; what stands above them is for none', async () => {
  const { ports, log } = await configured(
    [
      'per_listener_settings true',
      'listener PORT 127.0.0.1',
      'password_file FOLDER/pw',
      'acl_file FOLDER/acl',
      'listener PORT2 127.0.0.1',
      'allow_anonymous true',
      'allow_zero_length_clientid false',
      'listener PORT3 127.0.0.1',
    ],
    { files: { pw: passwords('ann'), acl: 'user ann\ntopic write a/#\n' } },
  )
  const [first, second, third] = ports as [number, number, number]
  const reader = await guest(second)
  await reader.subscribe('#')
  const ann = await guest(first, { ...login('ann'), protocolVersion: 5 })
  expect(await ann.publish('a', '1')).toBe(0)
  expect(await ann.publish('z', '1')).toBe(0x87)
  expect(await reader.publish('z', '2')).toBe(0)
  expect(await reader.got(2)).toEqual(['a 1', 'z 2'])
  expect(await answer(first)).toBe(5)
  expect(await answer(first, { ...login('ann'), clientId: '' })).toBe('welcome')
  expect(await answer(second, { clientId: '' })).toBe(2)
  expect(await answer(third)).toBe(5)
  expect(log.slice(0, 2)).toEqual([
    "The 'per_listener_settings' option is now deprecated and will be removed in version 3.0. Please see the documentation for how to achieve the same effect.",
    "You are using the 'allow_anonymous' option with 'per_listener_settings true'. Please replace this with 'listener_allow_anonymous'.",
  ])
})

test('psk_hint, psk_file, use_identity_as_username: the key decides, the identity is the name', async () => {
  const { port, program } = await configured(['listener PORT 127.0.0.1', 'psk_hint lab', 'psk_file FOLDER/keys', 'use_identity_as_username true'], {
    files: { keys: 'id1:0011aabb\n' },
  })
  const pub = (key: string, identity: string): ReturnType<typeof command> =>
    command('pub', '-p', `${port}`, '-h', 'localhost', '-i', 'pskc', '--psk', key, '--psk-identity', identity, '-t', 'a', '-m', 'x', '-q', '1')
  expect(await pub('0011aabb', 'id1')).toEqual({ code: 0, out: '', err: '' })
  for (const wrong of [await pub('0011aabc', 'id1'), await pub('0011aabb', 'id2')]) expect(wrong).toMatchObject({ code: 14, out: '' })
  await program.until('stderr', /as pskc \(p4, c1, k60, u'id1'\)\.\n/)
})

test('plugin, plugin_opt_*: those of Mosquitto that read the same files are built in; auth_plugin_deny_special_chars', async () => {
  const { ports } = await configured(
    [
      'per_listener_settings true',
      'listener PORT 127.0.0.1',
      'plugin /usr/lib/x86_64-linux-gnu/mosquitto_password_file.so',
      'plugin_opt_password_file FOLDER/pw',
      'auth_plugin /usr/lib/mosquitto_acl_file.so',
      'auth_opt_acl_file FOLDER/acl',
      'listener PORT2 127.0.0.1',
      'allow_anonymous true',
      'plugin /usr/lib/mosquitto_acl_file.so',
      'plugin_opt_acl_file FOLDER/acl',
      'auth_plugin_deny_special_chars false',
    ],
    { files: { pw: passwords('ann'), acl: 'topic x\nuser ann\ntopic write a/#\n' } },
  )
  const [both, open] = ports as [number, number]
  const ann = await guest(both, { ...login('ann'), protocolVersion: 5 })
  expect([await ann.publish('a', '1'), await ann.publish('b', '1')]).toEqual([0, 0x87])
  expect(await answer(both)).toBe(5)
  const odd = async (port: number, more: object): Promise<number> =>
    await (await guest(port, { clientId: 'a+b', protocolVersion: 5, ...more })).publish(port === both ? 'a' : 'x', '1')
  expect([await odd(both, login('ann')), await odd(open, {})]).toEqual([0x87, 0])
})

test('plugin_load and plugin_use: one plugin for the listeners that want it; global_plugin for all', async () => {
  const { ports } = await configured(
    [
      'per_listener_settings true',
      'global_plugin mosquitto_acl_file.so',
      'plugin_opt_acl_file FOLDER/acl',
      'plugin_load names mosquitto_password_file.so',
      'plugin_opt_password_file FOLDER/pw',
      'listener PORT 127.0.0.1',
      'plugin_use names',
      'listener PORT2 127.0.0.1',
      'listener_allow_anonymous true',
    ],
    { files: { pw: passwords('ann'), acl: 'topic x\nuser ann\ntopic y\n' } },
  )
  const [named, open] = ports as [number, number]
  expect([await answer(named), await answer(named, login('ann')), await answer(open)]).toEqual([5, 'welcome', 'welcome'])
  const nobody = await guest(open, { protocolVersion: 5 })
  expect([await nobody.publish('x', '1'), await nobody.publish('y', '1')]).toEqual([0, 0x87])
})

test('sys_acl admin: $SYS is for nobody without a rule; by default for everybody', async () => {
  for (const [line, count] of [
    ['sys_acl admin', 0],
    ['sys_acl open', 1],
  ] as const) {
    const { port } = await configured(['allow_anonymous true', line, 'listener PORT 127.0.0.1'])
    const reader = await guest(port)
    await reader.subscribe('$SYS/broker/version')
    await reader.subscribe('end')
    await reader.publish('end', '')
    await reader.got(1)
    await expect.poll(() => reader.messages.filter((message) => message.startsWith('$SYS/broker/version zanzara version ')).length).toBe(count)
  }
})

test.each([
  ['password_file', 'ann:secret\n', /Error: .*FOLDER\/file/],
  ['acl_file', 'topic a#\n', /Error: Invalid ACL topic "a#" in acl_file "FOLDER\/file"\./],
  ['psk_file', 'id1:xyz\n', /Error: psk for identity "id1" contains non-hexadecimal characters\.\n\d+: Error found at FOLDER\/file:1\./],
  ['password_file', null, /Error: Unable to open pwfile "FOLDER\/file"/],
])('%s that cannot be used (%j): exit 13, the file is named', async (option, text, line) => {
  const path = folder()
  const file = join(path, 'test.conf')
  writeFileSync(file, `listener ${await freePort()} 127.0.0.1\n${option === 'psk_file' ? 'psk_hint x\n' : ''}${option} ${path}/file\n`)
  if (text !== null) writeFileSync(join(path, 'file'), text)
  const { code, err } = await command('broker', '-c', file)
  expect(code).toBe(13)
  expect(err).toMatch(new RegExp(line.source.replaceAll('FOLDER', path)))
})
