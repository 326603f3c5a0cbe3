// Debian's files and clients: its example configuration and a tree as in /etc/mosquitto start our broker unchanged,
// and its mosquitto_pub, mosquitto_sub and mosquitto_rr work with it over TLS, with keys, passwords and rules.

import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { certificate, command, configured, folder, guest } from '../cli/support/broker-kit.ts'
import { startProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { freePort } from './support/mosquitto.ts'

const EXAMPLES = '/usr/share/doc/mosquitto/examples'
const CONFIGURATION = '/etc/mosquitto/mosquitto.conf'

/** What the package installs, where it is not installed. */
const AS_INSTALLED = `# Place your local configuration in /etc/mosquitto/conf.d/
pid_file /run/mosquitto/mosquitto.pid

persistence true
persistence_location /var/lib/mosquitto/

log_dest file /var/log/mosquitto/mosquitto.log

include_dir /etc/mosquitto/conf.d
`

/** A folder in the place of /, for all to write in. */
function tree(): string {
  const top = folder()
  for (const path of [
    'etc',
    'etc/mosquitto',
    'etc/mosquitto/conf.d',
    'run',
    'run/mosquitto',
    'var',
    'var/lib',
    'var/lib/mosquitto',
    'var/log',
    'var/log/mosquitto',
  ]) {
    mkdirSync(join(top, path))
    chmodSync(join(top, path), 0o777)
  }
  return top
}

test('a tree as in /etc/mosquitto: its log, its pid file, the files of conf.d, users of Debian’s tool', async () => {
  const top = tree()
  const below = (text: string): string => text.replace(/(?<= )\/(etc|run|var)\//g, `${top}/$1/`)
  const port = await freePort()
  writeFileSync(join(top, 'etc/mosquitto/mosquitto.conf'), below(existsSync(CONFIGURATION) ? readFileSync(CONFIGURATION, 'utf8') : AS_INSTALLED))
  writeFileSync(join(top, 'etc/mosquitto/conf.d/local.conf'), below(`listener ${port}\npassword_file /etc/mosquitto/passwd\nacl_file /etc/mosquitto/acl\n`))
  writeFileSync(join(top, 'etc/mosquitto/acl'), 'user ann\ntopic readwrite lab/#\n')
  const users = spawnSync('mosquitto_passwd', ['-c', '-b', join(top, 'etc/mosquitto/passwd'), 'ann', 'secret'])
  if (users.error !== undefined) return // no tool of Debian's here
  chmodSync(join(top, 'etc/mosquitto/passwd'), 0o644)
  const program = startProgram(['broker', '-c', join(top, 'etc/mosquitto/mosquitto.conf')])
  const log = join(top, 'var/log/mosquitto/mosquitto.log')
  await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8'), { timeout: 10_000 }).toMatch(/ running\n/)
  expect(readFileSync(join(top, 'run/mosquitto/mosquitto.pid'), 'utf8')).toBe(`${program.child.pid!}\n`)
  const ann = await guest(port, { username: 'ann', password: 'secret', protocolVersion: 5 })
  expect([await ann.publish('lab/x', '1'), await ann.publish('other', '1')]).toEqual([0, 0x87])
  await expect(guest(port)).rejects.toMatchObject({ code: 5 })
  expect(await program.ended('SIGTERM')).toBe(0)
  expect(program.stderr).toBe('')
  expect(readFileSync(log, 'utf8')).toMatch(/ terminating\n\d+: Saving in-memory database to \S+\n$/)
})

test.runIf(existsSync(EXAMPLES))('the examples of the package start, and their files are read', async () => {
  const path = folder()
  const text = (name: string): string => {
    const file = readdirSync(EXAMPLES).find((found) => found.startsWith(name))
    if (file === undefined) throw new Error(`no ${name} in ${EXAMPLES}`)
    const full = join(EXAMPLES, file)
    return file.endsWith('.gz') ? spawnSync('gunzip', ['-c', full], { encoding: 'utf8' }).stdout : readFileSync(full, 'utf8')
  }
  writeFileSync(join(path, 'mosquitto.conf'), text('mosquitto.conf'))
  const port = await freePort()
  const plain = startProgram(['broker', '-c', join(path, 'mosquitto.conf'), '-p', String(port)])
  await plain.until('stderr', / running\n/)
  expect(plain.stderr).toContain('Starting in local only mode.')
  await (await guest(port)).leave()
  expect(await plain.ended('SIGINT')).toBe(0)
  const files = { acl: text('aclfile'), pw: text('pwfile'), keys: text('pskfile') }
  const broker = await configured(
    ['password_file FOLDER/pw', 'acl_file FOLDER/acl', 'psk_file FOLDER/keys', 'listener PORT 127.0.0.1', 'listener PORT2 127.0.0.1', 'psk_hint x'],
    { files },
  )
  await expect(guest(broker.port, { username: 'roger', password: 'wrong' })).rejects.toMatchObject({ code: 5 })
  expect(broker.log.filter((line) => line.startsWith('Error'))).toEqual([])
  const pub = await command('pub', '-h', '127.0.0.1', '-p', String(broker.ports[1]), '--psk', '12345', '--psk-identity', 'easy', '-t', 'a', '-m', 'x')
  expect(pub.code).toBe(5) // the key fits; without a user name nobody comes in
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

withTools(['mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr', 'mosquitto_passwd'], (tools) => {
  /** One of Debian's clients; `line` resolves when it has printed something. */
  function start(tool: keyof typeof tools, args: readonly string[]): { readonly ended: Promise<Ended>; readonly line: (pattern: RegExp) => Promise<void> } {
    const child = spawn('stdbuf', ['-oL', tools[tool], ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } })
    onTestFinished(() => void child.kill('SIGKILL'))
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out, err })))
    return { ended, line: async (pattern) => void (await expect.poll(() => out, { timeout: 8000 }).toMatch(pattern)) }
  }

  test('TLS, client certificates, keys, passwords and rules with Debian’s clients', async () => {
    const path = folder()
    spawnSync(tools.mosquitto_passwd, ['-c', '-b', join(path, 'pw'), 'ann', 'secret'])
    const broker = await configured(
      [
        'per_listener_settings true',
        'listener PORT 127.0.0.1',
        'certfile CERTS/server.crt',
        'keyfile CERTS/server.key',
        'allow_anonymous true',
        'listener PORT2 127.0.0.1',
        'certfile CERTS/server.crt',
        'keyfile CERTS/server.key',
        'cafile CERTS/ca.crt',
        'require_certificate true',
        'use_identity_as_username true',
        'listener PORT3 127.0.0.1',
        'psk_hint x',
        'psk_file FOLDER/keys',
        'use_identity_as_username true',
        'listener PORT4 127.0.0.1',
        'password_file FOLDER/pw',
        'acl_file FOLDER/acl',
      ],
      { files: { keys: 'id1:0011aabb\n', pw: readFileSync(join(path, 'pw'), 'utf8'), acl: 'user ann\ntopic readwrite lab/#\n' } },
    )
    const ca = ['--cafile', certificate('ca.crt')]
    const ways = [
      [...ca, '-h', 'localhost', '-p', String(broker.ports[0])],
      [...ca, '-h', 'localhost', '-p', String(broker.ports[1]), '--cert', certificate('client.crt'), '--key', certificate('client.key')],
      ['-h', '127.0.0.1', '-p', String(broker.ports[2]), '--psk', '0011aabb', '--psk-identity', 'id1'],
      ['-h', '127.0.0.1', '-p', String(broker.ports[3]), '-u', 'ann', '-P', 'secret'],
    ]
    for (const way of ways) {
      const sub = start('mosquitto_sub', [...way, '-t', 'lab/#', '-v', '-d', '-C', '1'])
      await sub.line(/Subscribed/)
      expect(await start('mosquitto_pub', [...way, '-t', 'lab/x', '-m', 'hi', '-q', '2']).ended).toEqual({ code: 0, out: '', err: '' })
      expect((await sub.ended).out).toMatch(/^lab\/x hi$/m)
    }
    const plain = ways[3]!
    const answerer = start('mosquitto_sub', [...plain, '-V', '5', '-t', 'lab/ask', '-d', '-C', '1', '-F', '%R'])
    await answerer.line(/Subscribed/)
    const asking = start('mosquitto_rr', [...plain, '-V', '5', '-t', 'lab/ask', '-e', 'lab/answers', '-m', 'what?', '-W', '5'])
    await answerer.ended
    expect((await start('mosquitto_pub', [...plain, '-t', 'lab/answers', '-m', '42']).ended).code).toBe(0)
    expect(await asking.ended).toEqual({ code: 0, out: '42\n', err: '' })
    const wrong = await start('mosquitto_pub', [...plain.slice(0, -1), 'wrong', '-t', 'lab/x', '-m', 'x']).ended
    expect({ code: wrong.code, said: wrong.err.split('\n')[0] }).toEqual({ code: 5, said: 'Connection error: Connection Refused: not authorised.' })
    const denied = await start('mosquitto_pub', [...plain, '-V', '5', '-q', '1', '-t', 'other', '-m', 'x']).ended
    expect(denied.err).toContain('Warning: Publish 1 failed: Not authorized.')
    const badKey = await start('mosquitto_pub', [...ways[2]!.slice(0, 4), '--psk', '0011aabc', '--psk-identity', 'id1', '-t', 'lab/x', '-m', 'x']).ended
    expect(badKey.code).not.toBe(0)
    await broker.program.until('stderr', /Client connection from 127\.0\.0\.1 failed: /)
  })
})
